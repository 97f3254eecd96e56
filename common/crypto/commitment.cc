#include "common/crypto/commitment.h"

#include "common/crypto/digest.h"

namespace shiming::crypto {

std::string Commit(std::string_view label, std::string_view salt32,
                   std::string_view value) {
  using std::string_view_literals::operator""sv;
  return Sha256Hasher()
      .Update(label)
      .Update("\0"sv)
      .Update(salt32)
      .Update(value)
      .Finish();
}

bool OpensCommitment(std::string_view commitment, std::string_view label,
                     std::string_view salt, std::string_view value) {
  return salt.size() == kCommitmentSaltBytes &&
         ConstantTimeEquals(commitment, Commit(label, salt, value));
}

}  // namespace shiming::crypto

#include "common/crypto/password.h"

#include <string_view>

#include "absl/status/status.h"
#include "common/crypto/sodium.h"

namespace shiming::crypto {

absl::StatusOr<std::string> HashPassword(const Secret& password) {
  if (password.empty() || password.size() > kMostPasswordBytes) {
    return absl::InvalidArgumentError("a password has 1 to 1024 bytes");
  }
  InitSodium();
  char hash[crypto_pwhash_STRBYTES];
  const std::string_view bytes = password.Reveal();
  if (crypto_pwhash_str_alg(hash, bytes.data(), bytes.size(),
                            crypto_pwhash_OPSLIMIT_INTERACTIVE,
                            crypto_pwhash_MEMLIMIT_INTERACTIVE,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError("no memory to hash a password");
  }
  return std::string(hash);
}

bool VerifyPassword(const std::string& hash, const Secret& password) {
  if (password.empty() || password.size() > kMostPasswordBytes ||
      hash.size() >= crypto_pwhash_STRBYTES) {
    return false;
  }
  InitSodium();
  const std::string_view bytes = password.Reveal();
  return crypto_pwhash_str_verify(hash.c_str(), bytes.data(), bytes.size()) ==
         0;
}

}  // namespace shiming::crypto

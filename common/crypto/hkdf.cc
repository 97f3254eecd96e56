#include "common/crypto/hkdf.h"

#include <utility>

#include "common/crypto/digest.h"
#include "common/status/check.h"

namespace shiming::crypto {

std::string HkdfSha256(const Secret& key, std::string_view salt,
                       std::string_view info, size_t size) {
  SHIMING_CHECK(size <= kMostHkdfBytes, "HKDF output");
  // RFC 5869 section 2.2. An absent salt is 32 zero bytes, to HMAC the same as
  // an empty one.
  const Secret extracted(HmacSha256(salt, key.Reveal()));
  // Section 2.3.
  std::string output;
  output.reserve(size + 32);
  std::string block;
  for (unsigned char counter = 1; output.size() < size; ++counter) {
    block.append(info).push_back(static_cast<char>(counter));
    std::string next = HmacSha256(extracted.Reveal(), block);
    WipeString(block);
    block = std::move(next);
    output += block;
  }
  WipeString(block);
  output.resize(size);
  return output;
}

}  // namespace shiming::crypto

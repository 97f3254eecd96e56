// What the files of this package share about libsodium. Private to the package.
#ifndef SHIMING_COMMON_CRYPTO_SODIUM_H_
#define SHIMING_COMMON_CRYPTO_SODIUM_H_

#include <sodium.h>

#include <string_view>

#include "common/status/check.h"

namespace shiming::crypto {

// Before any other call; once per process, later calls find it done.
// Thread-safe.
inline void InitSodium() {
  static const bool ready = sodium_init() >= 0;
  SHIMING_CHECK(ready, "libsodium");
}

inline const unsigned char* SodiumBytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* SodiumBytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_SODIUM_H_

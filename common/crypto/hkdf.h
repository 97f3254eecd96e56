// Derives keys from one key.
#ifndef SHIMING_COMMON_CRYPTO_HKDF_H_
#define SHIMING_COMMON_CRYPTO_HKDF_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "common/crypto/secret.h"

namespace shiming::crypto {

// The most that one call derives (RFC 5869 section 2.3).
inline constexpr size_t kMostHkdfBytes = 255 * 32;

// HKDF with SHA-256 (RFC 5869): `size` bytes, at most kMostHkdfBytes (a larger
// one ends the process). `info` names the use, so that two uses get unrelated
// keys. Put the result into a Secret at once. Thread-safe.
std::string HkdfSha256(const Secret& key, std::string_view salt,
                       std::string_view info, size_t size);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_HKDF_H_

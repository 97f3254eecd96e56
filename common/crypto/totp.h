// Time-based one-time passwords (RFC 6238), as authenticator apps make them.
#ifndef SHIMING_COMMON_CRYPTO_TOTP_H_
#define SHIMING_COMMON_CRYPTO_TOTP_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/crypto/encoding.h"  // Base32, in which people get the seed
#include "common/crypto/secret.h"

namespace shiming::crypto {

// Length of a new seed (RFC 4226 section 4: 160 bits recommended).
inline constexpr size_t kTotpSeedBytes = 20;

// Number of the 30-second step in which `time` lies (RFC 6238 section 4.2).
int64_t TotpStep(absl::Time time);

// The 6 digits of `step`, HMAC-SHA-1. Thread-safe.
std::string Totp(const Secret& seed, int64_t step);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_TOTP_H_

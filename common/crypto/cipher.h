// Authenticated encryption of stored values, in two suites (DESIGN 6).
#ifndef SHIMING_COMMON_CRYPTO_CIPHER_H_
#define SHIMING_COMMON_CRYPTO_CIPHER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"

namespace shiming::crypto {

// Length of every key of this file.
inline constexpr size_t kSealingKeyBytes = 32;

// Stored as the first byte of each sealed value: numbers never change.
enum class Suite : unsigned char {
  kInternational = 1,  // AES-256-GCM
  kCommercial = 2,     // SM4-CTR, then HMAC-SM3
};

// Seals `plaintext` under `key`: suite byte ‖ what the suite writes. `aad` is
// not stored but has to be the same on opening; name in it what the value is
// and to whom it belongs, so that values cannot trade places. One key may seal
// up to 2^32 values (NIST SP 800-38D section 8.3). INVALID_ARGUMENT if the key
// has another length. Thread-safe.
absl::StatusOr<std::string> Seal(Suite suite, const Secret& key,
                                 std::string_view plaintext,
                                 std::string_view aad, Random& random);

// Opens what Seal wrote, in whichever suite. DATA_LOSS if key, aad or a byte is
// not the same, or the suite is unknown; INVALID_ARGUMENT as above.
// Thread-safe.
absl::StatusOr<Secret> Open(const Secret& key, std::string_view sealed,
                            std::string_view aad);

// AES-256-GCM (NIST SP 800-38D) alone: nonce (12 random bytes) ‖ ciphertext ‖
// tag (16). Errors as Seal and Open. Thread-safe.
absl::StatusOr<std::string> AesGcmSeal(const Secret& key32,
                                       std::string_view plaintext,
                                       std::string_view aad, Random& random);
absl::StatusOr<Secret> AesGcmOpen(const Secret& key32, std::string_view sealed,
                                  std::string_view aad);

// SM4-CTR (GB/T 32907) and HMAC-SM3 over it, encrypt-then-MAC (OpenSSL 3.0 has
// no SM4-GCM): IV (16 random bytes) ‖ ciphertext ‖ tag (32). Both keys are
// derived from key32: HMAC-SM3(key32, "shiming/sm4-ctr/v1"), first 16 bytes,
// and HMAC-SM3(key32, "shiming/hmac-sm3/v1"). The tag covers the length of aad
// in 8 bytes, big-endian ‖ aad ‖ IV ‖ ciphertext. Errors as Seal and Open.
// Thread-safe.
absl::StatusOr<std::string> Sm4HmacSm3Seal(const Secret& key32,
                                           std::string_view plaintext,
                                           std::string_view aad,
                                           Random& random);
absl::StatusOr<Secret> Sm4HmacSm3Open(const Secret& key32,
                                      std::string_view sealed,
                                      std::string_view aad);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_CIPHER_H_

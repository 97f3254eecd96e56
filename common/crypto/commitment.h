// Salted commitments to single values (DESIGN 3, "Bytes that are signed").
#ifndef SHIMING_COMMON_CRYPTO_COMMITMENT_H_
#define SHIMING_COMMON_CRYPTO_COMMITMENT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace shiming::crypto {

// Length of a commitment's salt.
inline constexpr size_t kCommitmentSaltBytes = 32;

// Labels of DESIGN 3. The value under kDeviceLabel is EID ‖ IMEI as digits.
inline constexpr std::string_view kCardBlockLabel = "shiming/card-block/v1";
inline constexpr std::string_view kDeviceLabel = "shiming/device/v1";

// SHA-256(label ‖ 0x00 ‖ salt ‖ value), 32 raw bytes. `salt` has to be
// kCommitmentSaltBytes long, or value and salt could trade bytes: whoever takes
// a salt from outside goes through OpensCommitment. Thread-safe.
std::string Commit(std::string_view label, std::string_view salt32,
                   std::string_view value);

// True when `salt` has the right length and `commitment` is the commitment of
// `value` under it. Thread-safe.
bool OpensCommitment(std::string_view commitment, std::string_view label,
                     std::string_view salt, std::string_view value);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_COMMITMENT_H_

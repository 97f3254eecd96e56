// Bytes as text. All functions are thread-safe. Decoding is strict: each byte
// string has one accepted text (hex: two, by case). Errors are
// INVALID_ARGUMENT without the text in the message.
#ifndef SHIMING_COMMON_CRYPTO_ENCODING_H_
#define SHIMING_COMMON_CRYPTO_ENCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming::crypto {

// Two lower-case hexadecimal digits per byte.
std::string ToHex(std::string_view bytes);
// The reverse; takes both cases.
absl::StatusOr<std::string> FromHex(std::string_view hex);

// RFC 4648 section 4, with padding.
std::string Base64(std::string_view bytes);
// The reverse: padding is needed, blanks and stray bits are refused.
absl::StatusOr<std::string> FromBase64(std::string_view text);

// RFC 4648 section 5 ("URL and filename safe"), without padding.
std::string Base64Url(std::string_view bytes);
// The reverse: padding, blanks and stray bits are refused.
absl::StatusOr<std::string> FromBase64Url(std::string_view text);

// RFC 4648 section 6 in upper case, without padding, as authenticator apps
// take it.
std::string Base32(std::string_view bytes);
// The reverse; takes upper case without padding only.
absl::StatusOr<std::string> FromBase32(std::string_view text);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_ENCODING_H_

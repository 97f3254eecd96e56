// Ids that Shiming makes, and request ids that callers make.
#ifndef SHIMING_COMMON_IDS_IDS_H_
#define SHIMING_COMMON_IDS_IDS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/crypto/random.h"

namespace shiming {

// A new id of a session, order, verification, person ...: 16 random bytes as 32
// lower-case hexadecimal digits. Thread-safe.
std::string NewId(crypto::Random& random);

// A new id whose first two digits are those of `route_of`, an id made by NewId:
// what belongs to a person begins with the route of the person (DESIGN 6), so
// that their rows lie together. The other 15 bytes are random. Thread-safe.
std::string NewIdOnRouteOf(std::string_view route_of, crypto::Random& random);

// True for 32 lower-case hexadecimal digits, the form of NewId.
bool IsId(std::string_view text);

// A random UUID (RFC 4122, version 4), 36 characters in lower case: for our own
// request ids and ES2+ call identifiers. Thread-safe.
std::string NewUuid(crypto::Random& random);

// True for the 36-character form of a UUID of any version, in either case.
bool IsUuid(std::string_view text);

// OK when `request_id` is a UUID (AIP-155), else INVALID_ARGUMENT,
// REQUEST_ID_REQUIRED, naming the field request_id.
absl::Status CheckRequestId(std::string_view request_id);

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_IDS_H_

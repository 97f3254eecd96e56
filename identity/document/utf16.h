// UTF-16LE, as cards hold text, to UTF-8 and back. Thread-safe.
#ifndef SHIMING_IDENTITY_DOCUMENT_UTF16_H_
#define SHIMING_IDENTITY_DOCUMENT_UTF16_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace shiming::identity {

// UTF-8 of `utf16le` (an even number of bytes). Surrogate pairs and the
// private-use area are taken. BAD_TEXT for a lone surrogate, an odd length or
// a NUL, which would be padding of an unknown kind.
absl::StatusOr<std::string> Utf16LeToUtf8(std::string_view utf16le);

// The reverse; BAD_TEXT when `utf8` is not UTF-8 or holds a NUL.
absl::StatusOr<std::string> Utf8ToUtf16Le(std::string_view utf8);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_UTF16_H_

// Personal data as a clerk's screen may show it. Thread-safe.
#ifndef SHIMING_IDENTITY_DOCUMENT_MASKING_H_
#define SHIMING_IDENTITY_DOCUMENT_MASKING_H_

#include <string>
#include <string_view>

namespace shiming::identity {

// The first character and a star for each further one, at most three stars, so
// that the length of a long name does not show. `name` is UTF-8; empty stays
// empty. Characters of invalid UTF-8 count one byte each.
std::string MaskName(std::string_view name);

// First and last character with stars between: "3****************5". Numbers
// of fewer than three characters become stars only.
std::string MaskNumber(std::string_view number);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_MASKING_H_

// What the identifiers made of digits share. Private to the package.
#ifndef SHIMING_COMMON_IDS_DIGITS_H_
#define SHIMING_COMMON_IDS_DIGITS_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace shiming::ids {

// True for ASCII '0' to '9' only, whatever the locale.
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// True when every character is a digit (also of empty text).
bool AllDigits(std::string_view text);

// Number of characters, not bytes: a full-width digit is one wrong character,
// not three. Text that is not UTF-8 gets some count.
size_t CharacterCount(std::string_view utf8);

// The first three tests of every identifier, in their order: EMPTY, BAD_LENGTH
// (outside least to most characters), BAD_CHARACTER (anything but a digit).
absl::Status CheckDigits(std::string_view text, size_t least, size_t most);

// Luhn check (ISO/IEC 7812-1 annex B) over all of `digits`.
bool LuhnHolds(std::string_view digits);

}  // namespace shiming::ids

#endif  // SHIMING_COMMON_IDS_DIGITS_H_

#include "common/ids/digits.h"

#include <algorithm>

#include "common/status/reason.h"

namespace shiming::ids {

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsDigit);
}

size_t CharacterCount(std::string_view utf8) {
  // Bytes 10xxxxxx continue a character.
  return std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
}

absl::Status CheckDigits(std::string_view text, size_t least, size_t most) {
  if (text.empty()) return MakeError(Reason::EMPTY, "no text");
  const size_t count = CharacterCount(text);
  if (count < least || count > most) {
    return MakeError(Reason::BAD_LENGTH, "wrong number of characters");
  }
  if (!AllDigits(text)) {
    return MakeError(Reason::BAD_CHARACTER, "not a digit");
  }
  return absl::OkStatus();
}

bool LuhnHolds(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) {
    int value = *it - '0';
    if (twice) {
      value *= 2;
      if (value > 9) value -= 9;
    }
    sum += value;
    twice = !twice;
  }
  return sum % 10 == 0;
}

}  // namespace shiming::ids

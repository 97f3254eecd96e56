#include "tools/shiming_terminal/check_digits.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace shiming::shiming_terminal {

std::string WithMod97Digits(const std::string& digits) {
  int remainder = 0;
  for (char c : digits) remainder = (remainder * 10 + (c - '0')) % 97;
  remainder = remainder * 100 % 97;
  return absl::StrFormat("%s%02d", digits, 98 - remainder);
}

std::string WithLuhnDigit(const std::string& digits) {
  int sum = 0;
  bool doubled = true;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    int digit = *c - '0';
    if (doubled) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    doubled = !doubled;
  }
  return absl::StrCat(digits, (10 - sum % 10) % 10);
}

}  // namespace shiming::shiming_terminal

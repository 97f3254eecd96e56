// Phone number (ITU-T E.164), mainland China mobile.
#ifndef SHIMING_COMMON_IDS_MSISDN_H_
#define SHIMING_COMMON_IDS_MSISDN_H_

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace shiming {

// Country code 86 and the 11 digits of a mainland mobile number. Immutable once
// parsed; thread-safe. Personal data: logs get Masked().
class Msisdn {
 public:
  // Takes 11 ASCII digits with or without +86 or 86 before them.
  // INVALID_ARGUMENT with, in order of test, EMPTY, BAD_LENGTH, BAD_CHARACTER,
  // BAD_PREFIX (the 11 digits do not begin with 1 and 3 to 9). Which ranges are
  // in use is known to the number inventory, not to this class.
  static absl::StatusOr<Msisdn> Parse(std::string_view text);

  // 13 digits: 86 and the number, without +.
  const std::string& str() const { return digits_; }
  // The 11 digits as people in China write them.
  std::string National() const { return digits_.substr(2); }
  // Seven asterisks and the last four digits.
  std::string Masked() const { return "*******" + digits_.substr(9); }

  friend bool operator==(const Msisdn&, const Msisdn&) = default;
  friend auto operator<=>(const Msisdn&, const Msisdn&) = default;

 private:
  explicit Msisdn(std::string digits) : digits_(std::move(digits)) {}

  std::string digits_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_MSISDN_H_

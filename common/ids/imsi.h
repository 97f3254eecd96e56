// Subscriber identity in the network (3GPP TS 23.003 section 2.2).
#ifndef SHIMING_COMMON_IDS_IMSI_H_
#define SHIMING_COMMON_IDS_IMSI_H_

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace shiming {

// At most 15 decimal digits: country code (3), network code (2 or 3), number.
// There is no check digit. Immutable once parsed; thread-safe.
class Imsi {
 public:
  // Takes 6 to 15 ASCII digits: the shortest has both codes and one digit more.
  // INVALID_ARGUMENT with, in order of test, EMPTY, BAD_LENGTH, BAD_CHARACTER.
  static absl::StatusOr<Imsi> Parse(std::string_view text);

  // The digits.
  const std::string& str() const { return digits_; }
  // Mobile country code, 3 digits; 460 is mainland China.
  std::string Mcc() const { return digits_.substr(0, 3); }

  friend bool operator==(const Imsi&, const Imsi&) = default;
  friend auto operator<=>(const Imsi&, const Imsi&) = default;

 private:
  explicit Imsi(std::string digits) : digits_(std::move(digits)) {}

  std::string digits_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_IMSI_H_

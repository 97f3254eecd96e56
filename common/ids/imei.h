// Device identifier (3GPP TS 23.003 section 6.2).
#ifndef SHIMING_COMMON_IDS_IMEI_H_
#define SHIMING_COMMON_IDS_IMEI_H_

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace shiming {

// 15 decimal digits: type allocation code, serial number, check digit.
// Immutable once parsed; thread-safe.
class Imei {
 public:
  // Takes exactly 15 ASCII digits; an IMEISV (16) is none. INVALID_ARGUMENT
  // with, in order of test, EMPTY, BAD_LENGTH, BAD_CHARACTER, BAD_CHECK_DIGIT
  // (Luhn).
  static absl::StatusOr<Imei> Parse(std::string_view text);

  // The 15 digits.
  const std::string& str() const { return digits_; }
  // Type allocation code, 8 digits: tells the device model.
  std::string Tac() const { return digits_.substr(0, 8); }

  friend bool operator==(const Imei&, const Imei&) = default;
  friend auto operator<=>(const Imei&, const Imei&) = default;

 private:
  explicit Imei(std::string digits) : digits_(std::move(digits)) {}

  std::string digits_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_IMEI_H_

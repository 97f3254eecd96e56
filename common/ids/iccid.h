// Identifier of a profile (ITU-T E.118; SGP.22 v2.2 section 5.2.1).
#ifndef SHIMING_COMMON_IDS_ICCID_H_
#define SHIMING_COMMON_IDS_ICCID_H_

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace shiming {

// 19 or 20 decimal digits, the last one a check digit. The F that pads 19
// digits to 20 exists only on the wire. Immutable once parsed; thread-safe.
class Iccid {
 public:
  // For our own stock. One trailing F or f is dropped; what is left has to be
  // 19 or 20 ASCII digits. INVALID_ARGUMENT with, in order of test, EMPTY,
  // BAD_LENGTH, BAD_CHARACTER, BAD_PREFIX (not 89), BAD_CHECK_DIGIT (Luhn).
  static absl::StatusOr<Iccid> Parse(std::string_view text);

  // For a profile that an SM-DP+ names: as Parse, but a wrong check digit is
  // let through, since cards with one exist; the caller warns about
  // !CheckDigitHolds().
  static absl::StatusOr<Iccid> ParseFromSmdp(std::string_view text);

  // The digits, without F.
  const std::string& str() const { return digits_; }
  // Padded with F to 20 characters, as ES2+ peers take it.
  std::string Padded() const {
    return digits_.size() < 20 ? digits_ + "F" : digits_;
  }
  // Always true of what Parse returned.
  bool CheckDigitHolds() const;

  friend bool operator==(const Iccid&, const Iccid&) = default;
  friend auto operator<=>(const Iccid&, const Iccid&) = default;

 private:
  explicit Iccid(std::string digits) : digits_(std::move(digits)) {}

  std::string digits_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_ICCID_H_

// eUICC identifier (SGP.29; SGP.22 v2.2 section 5.2.1).
#ifndef SHIMING_COMMON_IDS_EID_H_
#define SHIMING_COMMON_IDS_EID_H_

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace shiming {

// 32 decimal digits whose last two are check digits. Immutable once parsed;
// thread-safe.
class Eid {
 public:
  // Takes exactly 32 ASCII digits; no prefix is asked for. INVALID_ARGUMENT
  // with, in order of test, EMPTY, BAD_LENGTH, BAD_CHARACTER, BAD_CHECK_DIGIT
  // (ISO 7064 MOD 97-10: the number modulo 97 is 1).
  static absl::StatusOr<Eid> Parse(std::string_view text);

  // The 32 digits.
  const std::string& str() const { return digits_; }
  // The last six digits: what a customer display may show.
  std::string LastSix() const { return digits_.substr(26); }

  friend bool operator==(const Eid&, const Eid&) = default;
  friend auto operator<=>(const Eid&, const Eid&) = default;

 private:
  explicit Eid(std::string digits) : digits_(std::move(digits)) {}

  std::string digits_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_IDS_EID_H_

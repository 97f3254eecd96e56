// A day of the Gregorian calendar, as documents print it.
#ifndef SHIMING_COMMON_TIME_DATE_H_
#define SHIMING_COMMON_TIME_DATE_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace shiming {

// The time zone of shops and documents: Asia/Shanghai, UTC+8 without summer
// time since 1992. Fixed, so that no zone files are needed.
absl::TimeZone ShopTimeZone();

// A day that exists, from 0001-01-01 to 9999-12-31. Immutable; thread-safe.
class Date {
 public:
  // INVALID_ARGUMENT if there is no such day.
  static absl::StatusOr<Date> Make(int year, int month, int day);
  // Exactly "YYYYMMDD" in ASCII digits, a day that exists; else
  // INVALID_ARGUMENT.
  static absl::StatusOr<Date> ParseCompact(std::string_view text);
  // Exactly "YYYY-MM-DD", likewise.
  static absl::StatusOr<Date> ParseIso(std::string_view text);
  // The day on which `time` falls in `zone`. Times outside the range of Date
  // give its first or last day.
  static Date Of(absl::Time time, absl::TimeZone zone = ShopTimeZone());

  int year() const { return year_; }
  int month() const { return month_; }
  int day() const { return day_; }

  std::string ToCompact() const;
  std::string ToIso() const;

  // The same day `years` later (earlier when negative). 29 February becomes
  // 28 February in a year that has none. Clamped to the range of Date.
  Date PlusYears(int years) const;
  // The day `days` later (earlier when negative), clamped likewise.
  Date PlusDays(int days) const;
  // Completed years since `birth`: grows on the birthday; who was born on
  // 29 February has it on 1 March in other years. Negative if `birth` is later.
  int YearsSince(const Date& birth) const;

  friend bool operator==(const Date&, const Date&) = default;
  friend auto operator<=>(const Date&, const Date&) = default;

 private:
  Date(int year, int month, int day)
      : year_(static_cast<int16_t>(year)),
        month_(static_cast<int8_t>(month)),
        day_(static_cast<int8_t>(day)) {}
  static Date OfCivil(absl::CivilDay day);

  // In this order: the comparison goes by it.
  int16_t year_;
  int8_t month_;
  int8_t day_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_TIME_DATE_H_

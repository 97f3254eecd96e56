#include "common/time/date.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace shiming {
namespace {

constexpr int kFirstYear = 1;
constexpr int kLastYear = 9999;

// The number written in ASCII digits, or -1.
int Number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

absl::TimeZone ShopTimeZone() { return absl::FixedTimeZone(8 * 60 * 60); }

absl::StatusOr<Date> Date::Make(int year, int month, int day) {
  // CivilDay carries 30 February over into March; a day that exists is kept.
  const absl::CivilDay civil(year, month, day);
  if (year < kFirstYear || year > kLastYear || civil.year() != year ||
      civil.month() != month || civil.day() != day) {
    return absl::InvalidArgumentError("no such day");
  }
  return Date(year, month, day);
}

absl::StatusOr<Date> Date::ParseCompact(std::string_view text) {
  if (text.size() != 8) return absl::InvalidArgumentError("not YYYYMMDD");
  return Make(Number(text.substr(0, 4)), Number(text.substr(4, 2)),
              Number(text.substr(6, 2)));
}

absl::StatusOr<Date> Date::ParseIso(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return absl::InvalidArgumentError("not YYYY-MM-DD");
  }
  return Make(Number(text.substr(0, 4)), Number(text.substr(5, 2)),
              Number(text.substr(8, 2)));
}

Date Date::OfCivil(absl::CivilDay day) {
  day = std::clamp(day, absl::CivilDay(kFirstYear, 1, 1),
                   absl::CivilDay(kLastYear, 12, 31));
  return Date(static_cast<int>(day.year()), day.month(), day.day());
}

Date Date::Of(absl::Time time, absl::TimeZone zone) {
  return OfCivil(absl::ToCivilDay(time, zone));
}

std::string Date::ToCompact() const {
  return absl::StrFormat("%04d%02d%02d", year(), month(), day());
}

std::string Date::ToIso() const {
  return absl::StrFormat("%04d-%02d-%02d", year(), month(), day());
}

Date Date::PlusYears(int years) const {
  const int64_t year = int64_t{year_} + years;
  absl::CivilDay day(year, month_, day_);
  // 29 February went over into March.
  if (day.month() != month_) day = absl::CivilDay(year, month_, 28);
  return OfCivil(day);
}

Date Date::PlusDays(int days) const {
  return OfCivil(absl::CivilDay(year_, month_, day_) + days);
}

int Date::YearsSince(const Date& birth) const {
  const bool before_birthday =
      month_ < birth.month_ || (month_ == birth.month_ && day_ < birth.day_);
  return year_ - birth.year_ - (before_birthday ? 1 : 0);
}

}  // namespace shiming

#include "services/terminal_session/core/opening_hours.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

constexpr int kMinutesOfDay = 24 * 60;
constexpr int kShanghaiOffsetSeconds = 8 * 60 * 60;

absl::Status Bad(int index, std::string_view part) {
  return MakeError(Reason::INVALID_REQUEST, "opening hours out of range",
                   {.field = absl::StrCat("opening_hours[", index, "].",
                                          std::string(part))});
}

// 1 = Monday ... 7 = Sunday, as OpeningHours counts.
int WeekdayNumber(absl::CivilSecond local) {
  return static_cast<int>(absl::GetWeekday(local)) + 1;
}

}  // namespace

absl::Status CheckOpeningHours(const terminal::v1::Shop& shop) {
  if (shop.opening_hours_size() > kMaxOpeningHours) {
    return MakeError(Reason::FIELD_TOO_LONG, "too many opening hours",
                     {.field = "opening_hours"});
  }
  for (int i = 0; i < shop.opening_hours_size(); ++i) {
    const terminal::v1::OpeningHours& hours = shop.opening_hours(i);
    if (hours.weekday() < 1 || hours.weekday() > 7) return Bad(i, "weekday");
    if (hours.open_minute() < 0 || hours.open_minute() >= kMinutesOfDay) {
      return Bad(i, "open_minute");
    }
    if (hours.close_minute() <= hours.open_minute() ||
        hours.close_minute() > kMinutesOfDay) {
      return Bad(i, "close_minute");
    }
  }
  return absl::OkStatus();
}

bool IsOpenAt(const terminal::v1::Shop& shop, absl::Time now) {
  if (shop.always_open()) return true;
  const absl::CivilSecond local =
      absl::ToCivilSecond(now, absl::FixedTimeZone(kShanghaiOffsetSeconds));
  const int minute = local.hour() * 60 + local.minute();
  for (const terminal::v1::OpeningHours& hours : shop.opening_hours()) {
    if (hours.weekday() == WeekdayNumber(local) &&
        minute >= hours.open_minute() && minute < hours.close_minute()) {
      return true;
    }
  }
  return false;
}

}  // namespace shiming::terminal_session

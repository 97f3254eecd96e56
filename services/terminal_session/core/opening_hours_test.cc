#include "services/terminal_session/core/opening_hours.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/civil_time.h"
#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

terminal::v1::Shop Shop(int weekday, int open_minute, int close_minute) {
  terminal::v1::Shop shop;
  terminal::v1::OpeningHours* hours = shop.add_opening_hours();
  hours->set_weekday(weekday);
  hours->set_open_minute(open_minute);
  hours->set_close_minute(close_minute);
  return shop;
}

// 2026-11-23 is a Monday.
absl::Time Utc(int day, int hour, int minute, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(2026, 11, day, hour, minute, second),
                         absl::UTCTimeZone());
}

TEST(OpeningHoursTest, GoesByTheClockInShanghai) {
  const terminal::v1::Shop shop = Shop(1, 9 * 60, 18 * 60);
  EXPECT_FALSE(IsOpenAt(shop, Utc(23, 0, 59, 59)));  // 08:59:59 there
  EXPECT_TRUE(IsOpenAt(shop, Utc(23, 1, 0)));
  EXPECT_TRUE(IsOpenAt(shop, Utc(23, 9, 59, 59)));
  EXPECT_FALSE(IsOpenAt(shop, Utc(23, 10, 0)));
  EXPECT_FALSE(IsOpenAt(shop, Utc(24, 5, 0)));  // Tuesday
}

TEST(OpeningHoursTest, WeekdaysTurnAtMidnightThere) {
  const terminal::v1::Shop sunday = Shop(7, 0, 24 * 60);
  EXPECT_TRUE(IsOpenAt(sunday, Utc(21, 16, 0)));
  EXPECT_TRUE(IsOpenAt(sunday, Utc(22, 15, 59, 59)));
  EXPECT_FALSE(IsOpenAt(sunday, Utc(22, 16, 0)));
}

TEST(OpeningHoursTest, WithoutHoursItIsNeverOpenUnlessAlways) {
  terminal::v1::Shop shop;
  EXPECT_FALSE(IsOpenAt(shop, Utc(23, 4, 0)));
  shop.set_always_open(true);
  EXPECT_TRUE(IsOpenAt(shop, Utc(23, 4, 0)));
}

TEST(OpeningHoursTest, RangesAreChecked) {
  EXPECT_TRUE(CheckOpeningHours(Shop(1, 0, 1440)).ok());
  for (const terminal::v1::Shop& shop :
       {Shop(0, 0, 10), Shop(8, 0, 10), Shop(1, -1, 10), Shop(1, 1440, 1441),
        Shop(1, 10, 10), Shop(1, 0, 1441)}) {
    const absl::Status status = CheckOpeningHours(shop);
    EXPECT_TRUE(HasReason(status, Reason::INVALID_REQUEST));
    EXPECT_EQ(PartsOf(status).field.find("opening_hours[0]."), 0u);
  }
}

TEST(OpeningHoursTest, TooManyAreRefused) {
  terminal::v1::Shop shop;
  for (int i = 0; i <= kMaxOpeningHours; ++i) {
    *shop.add_opening_hours() = Shop(1, 0, 10).opening_hours(0);
  }
  EXPECT_TRUE(HasReason(CheckOpeningHours(shop), Reason::FIELD_TOO_LONG));
}

}  // namespace
}  // namespace shiming::terminal_session

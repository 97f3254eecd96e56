#include "common/time/date.h"

#include <gtest/gtest.h>

#include <string>

namespace shiming {
namespace {

Date D(std::string_view iso) { return *Date::ParseIso(iso); }

TEST(DateTest, ParsesDaysThatExist) {
  EXPECT_EQ(Date::ParseCompact("20240229")->ToIso(), "2024-02-29");
  EXPECT_EQ(Date::ParseIso("1949-12-31")->ToCompact(), "19491231");
  EXPECT_EQ(Date::ParseCompact("00010101")->ToCompact(), "00010101");
  EXPECT_EQ(Date::ParseCompact("20000229")->year(), 2000);
  EXPECT_EQ(Date::ParseCompact("20000229")->month(), 2);
  EXPECT_EQ(Date::ParseCompact("20000229")->day(), 29);
}

TEST(DateTest, RefusesDaysThatDoNotExist) {
  for (const char* text :
       {"20230229", "19000229", "20230230", "20231301", "20230001", "20230100",
        "20230132", "20230431", "00000101", "", "2023010", "202301011",
        "2023010a", " 2023010", "+2023010", "-0230101", "2023-1-1"}) {
    EXPECT_FALSE(Date::ParseCompact(text).ok()) << text;
  }
  for (const char* text : {"2023-02-29", "20230101", "2023/01/01", "2023-01-1",
                           "2023-01-011", "-023-01-01", "2023-0a-01", ""}) {
    EXPECT_FALSE(Date::ParseIso(text).ok()) << text;
  }
  EXPECT_FALSE(Date::Make(10000, 1, 1).ok());
  EXPECT_FALSE(Date::Make(2023, -1, 1).ok());
}

TEST(DateTest, ComparesByCalendar) {
  EXPECT_LT(D("2023-12-31"), D("2024-01-01"));
  EXPECT_LT(D("2024-01-31"), D("2024-02-01"));
  EXPECT_EQ(D("2024-01-31"), *Date::ParseCompact("20240131"));
}

TEST(DateTest, TodayIsThatOfTheShops) {
  // 2026-06-29 16:00 UTC is midnight in Shanghai.
  const absl::Time midnight = absl::FromCivil(
      absl::CivilSecond(2026, 6, 29, 16, 0, 0), absl::UTCTimeZone());
  EXPECT_EQ(Date::Of(midnight).ToIso(), "2026-06-30");
  EXPECT_EQ(Date::Of(midnight - absl::Seconds(1)).ToIso(), "2026-06-29");
  EXPECT_EQ(Date::Of(midnight, absl::UTCTimeZone()).ToIso(), "2026-06-29");
  EXPECT_EQ(Date::Of(absl::InfiniteFuture()).ToIso(), "9999-12-31");
  EXPECT_EQ(Date::Of(absl::InfinitePast()).ToIso(), "0001-01-01");
}

TEST(DateTest, AddsYearsAndDays) {
  EXPECT_EQ(D("2024-02-29").PlusYears(1), D("2025-02-28"));
  EXPECT_EQ(D("2024-02-29").PlusYears(4), D("2028-02-29"));
  EXPECT_EQ(D("2024-02-29").PlusYears(-4), D("2020-02-29"));
  EXPECT_EQ(D("2024-05-31").PlusYears(20), D("2044-05-31"));
  EXPECT_EQ(D("9990-01-01").PlusYears(20), D("9999-12-31"));
  EXPECT_EQ(D("2024-02-28").PlusDays(2), D("2024-03-01"));
  EXPECT_EQ(D("2024-01-01").PlusDays(-1), D("2023-12-31"));
}

TEST(DateTest, AgeGrowsOnTheBirthday) {
  EXPECT_EQ(D("2026-06-29").YearsSince(D("2010-06-30")), 15);
  EXPECT_EQ(D("2026-06-30").YearsSince(D("2010-06-30")), 16);
  EXPECT_EQ(D("2025-02-28").YearsSince(D("2008-02-29")), 16);
  EXPECT_EQ(D("2025-03-01").YearsSince(D("2008-02-29")), 17);
  EXPECT_EQ(D("2026-06-30").YearsSince(D("2026-06-30")), 0);
  EXPECT_LT(D("2026-06-30").YearsSince(D("2026-07-01")), 0);
}

}  // namespace
}  // namespace shiming

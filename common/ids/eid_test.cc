#include "common/ids/eid.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming {
namespace {

std::string ReasonFor(std::string_view text) {
  const absl::Status status = Eid::Parse(text).status();
  if (status.ok()) return "OK";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(NameOf(*ReasonOf(status)));
}

TEST(EidTest, TakesValidEidsOfOldAndNewLayout) {
  for (const char* text :
       {"89882119900000000000000000001654", "89049032123451234512345678901235",
        "89043051202200005223001347834515", "89086030202200000022000014352016",
        // Does not begin with 89.
        "35203000100100000000000021371840", "89860001020304050607080910111252",
        "35060100200000000000000000004279", "10420000000000000000000000000774",
        "89049032000001000000012345678954",
        // Check digits with a leading zero.
        "89860000000000000000000000001607"}) {
    EXPECT_EQ(ReasonFor(text), "OK") << text;
    EXPECT_EQ(Eid::Parse(text)->str(), text);
  }
}

TEST(EidTest, RefusesWrongCheckDigits) {
  for (const char* text :
       {"89049032123451234512345678901224", "89049011803455664400046832584675",
        "89882119900000000000000000001653", "89882119900000000000000000001645",
        "00000000000000000000000000000000"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_CHECK_DIGIT") << text;
  }
}

TEST(EidTest, TestsEmptyThenLengthThenCharacters) {
  EXPECT_EQ(ReasonFor(""), "EMPTY");
  EXPECT_EQ(ReasonFor("8988211990000000000000000000165"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("898821199000000000000000000016540"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("8988211990000000 0000000000001654"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor(std::string(100000, '1')), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("8988211990000000000000000000165A"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("898821199000000 0000000000001654"), "BAD_CHARACTER");
  EXPECT_EQ(
      ReasonFor(std::string_view("8988211990000000000000000000165\0", 32)),
      "BAD_CHARACTER");
}

// A full-width digit is one character of three bytes.
TEST(EidTest, RefusesFullWidthDigitsAsCharacters) {
  EXPECT_EQ(ReasonFor("8988211990000000000000000000165\uff14"),
            "BAD_CHARACTER");
  std::string all;
  for (int i = 0; i < 32; ++i) all += "\uff10";
  EXPECT_EQ(ReasonFor(all), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor(all + "\uff10"), "BAD_LENGTH");
}

TEST(EidTest, EverySingleDigitChangeIsFound) {
  const std::string good = "89882119900000000000000000001654";
  int found = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    for (char c = '0'; c <= '9'; ++c) {
      if (c == good[i]) continue;
      std::string bad = good;
      bad[i] = c;
      EXPECT_EQ(ReasonFor(bad), "BAD_CHECK_DIGIT");
      ++found;
    }
  }
  EXPECT_EQ(found, 288);
}

TEST(EidTest, ComparesAndShowsItsEnd) {
  const Eid a = *Eid::Parse("35203000100100000000000021371840");
  const Eid b = *Eid::Parse("89882119900000000000000000001654");
  EXPECT_LT(a, b);
  EXPECT_EQ(a, a);
  EXPECT_NE(a, b);
  EXPECT_EQ(b.LastSix(), "001654");
}

}  // namespace
}  // namespace shiming

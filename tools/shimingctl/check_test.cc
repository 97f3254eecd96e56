#include "tools/shimingctl/check.h"

#include <gtest/gtest.h>

namespace shiming::shimingctl {
namespace {

std::string Check(std::string_view identifier, std::string_view value,
                  std::string_view kind = "RESIDENT_ID") {
  const auto result =
      CheckIdentifier(identifier, value, kind, *Date::ParseIso("2026-06-30"));
  return result.ok() ? *result : result.status().ToString();
}

// Values from the identifier references; the libraries' own tests have more.
TEST(CheckTest, SaysWhatTheServicesWouldSay) {
  EXPECT_EQ(Check("eid", "89049032123451234512345678901235"), "OK");
  EXPECT_EQ(Check("eid", "89049032123451234512345678901224"),
            "BAD_CHECK_DIGIT");
  EXPECT_EQ(Check("eid", ""), "EMPTY");
  EXPECT_EQ(Check("iccid", "8986011123456789014F"), "OK");
  EXPECT_EQ(Check("iccid", "01234567890123456789"), "BAD_PREFIX");
  EXPECT_EQ(Check("imei", "490154203237518"), "OK");
  EXPECT_EQ(Check("imei", "4901542032375180"), "BAD_LENGTH");
  EXPECT_EQ(Check("msisdn", "+8613912345678"), "OK");
  EXPECT_EQ(Check("msisdn", "12912345678"), "BAD_PREFIX");
  EXPECT_EQ(Check("activation-code", "LPA:1$SMDP.GSMA.COM$AB-1"), "OK");
  EXPECT_EQ(Check("activation-code", "2$h$T"), "BAD_FORMAT");
  EXPECT_EQ(Check("id-number", "11010519491231002X"), "OK");
  EXPECT_EQ(Check("id-number", "932682198501010017"), "KIND_MISMATCH");
  EXPECT_EQ(Check("id-number", "932682198501010017", "FOREIGN_PR_2023"), "OK");
  EXPECT_EQ(Check("card-block", "00"), "BAD_BLOCK_LENGTH");
  EXPECT_EQ(Check("card-block", "zz"), "BAD_CHARACTER");
}

TEST(CheckTest, UnknownIdentifiersAndKindsAreNoReason) {
  EXPECT_FALSE(CheckIdentifier("passport", "x", "RESIDENT_ID",
                               *Date::ParseIso("2026-06-30"))
                   .ok());
  EXPECT_FALSE(CheckIdentifier("id-number", "x", "NO_SUCH",
                               *Date::ParseIso("2026-06-30"))
                   .ok());
}

}  // namespace
}  // namespace shiming::shimingctl

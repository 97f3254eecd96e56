#include "common/ids/msisdn.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming {
namespace {

std::string ReasonFor(std::string_view text) {
  const absl::Status status = Msisdn::Parse(text).status();
  return status.ok() ? "OK" : std::string(NameOf(*ReasonOf(status)));
}

TEST(MsisdnTest, TakesTheThreeFormsAndStoresOne) {
  for (const char* text : {"13800138000", "8613800138000", "+8613800138000"}) {
    ASSERT_EQ(ReasonFor(text), "OK") << text;
    EXPECT_EQ(Msisdn::Parse(text)->str(), "8613800138000");
  }
  const Msisdn number = *Msisdn::Parse("19912345678");
  EXPECT_EQ(number.National(), "19912345678");
  EXPECT_EQ(number.Masked(), "*******5678");
}

TEST(MsisdnTest, NamesTheFirstThingThatIsWrong) {
  EXPECT_EQ(ReasonFor(""), "EMPTY");
  EXPECT_EQ(ReasonFor("86"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("+86"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("1380013800"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("138001380000"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("+13800138000"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("008613800138000"), "BAD_LENGTH");
  // An IoT number.
  EXPECT_EQ(ReasonFor("1064912345678"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("+86+8613800138000"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("1380013800a"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("+1380013800"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("1380013800\uff10"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("12800138000"), "BAD_PREFIX");
  EXPECT_EQ(ReasonFor("23800138000"), "BAD_PREFIX");
  EXPECT_EQ(ReasonFor("+8610800138000"), "BAD_PREFIX");
  // Eleven digits: a number that begins wrongly, not a short one behind 86.
  EXPECT_EQ(ReasonFor("86138001380"), "BAD_PREFIX");
}

}  // namespace
}  // namespace shiming

#include "common/ids/iccid.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming {
namespace {

std::string ReasonFor(std::string_view text) {
  const absl::Status status = Iccid::Parse(text).status();
  return status.ok() ? "OK" : std::string(NameOf(*ReasonOf(status)));
}

TEST(IccidTest, TakesNineteenAndTwentyDigits) {
  for (const char* text :
       {"8947010000123456784", "8986011123456789014", "8986001123456789016",
        "89860011234567890127", "89860111234567890126", "89860311234567890124",
        "89852342022019785558", "89860070310112094320"}) {
    EXPECT_EQ(ReasonFor(text), "OK") << text;
    EXPECT_EQ(Iccid::Parse(text)->str(), text);
    EXPECT_TRUE(Iccid::Parse(text)->CheckDigitHolds());
  }
}

TEST(IccidTest, ThePadIsDroppedAndPutBackOnTheWire) {
  const Iccid plain = *Iccid::Parse("8986011123456789014");
  EXPECT_EQ(*Iccid::Parse("8986011123456789014F"), plain);
  EXPECT_EQ(*Iccid::Parse("8986011123456789014f"), plain);
  EXPECT_EQ(plain.Padded(), "8986011123456789014F");
  EXPECT_EQ(Iccid::Parse("89860011234567890127")->Padded(),
            "89860011234567890127");
}

TEST(IccidTest, NamesTheFirstThingThatIsWrong) {
  EXPECT_EQ(ReasonFor(""), "EMPTY");
  EXPECT_EQ(ReasonFor("F"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("898601112345678901"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("898601112345678901F"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("898600112345678901270"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("898601112345678901FF"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("8986011O23456789014"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("8986011\uff1123456789014"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("01234567890123456789"), "BAD_PREFIX");
  EXPECT_EQ(ReasonFor("8986011123456789015"), "BAD_CHECK_DIGIT");
  EXPECT_EQ(ReasonFor("89860468152080349618"), "BAD_CHECK_DIGIT");
}

TEST(IccidTest, AProfileNamedBySmdpMayHaveAWrongCheckDigit) {
  const auto iccid = Iccid::ParseFromSmdp("89860468152080349618");
  ASSERT_TRUE(iccid.ok());
  EXPECT_FALSE(iccid->CheckDigitHolds());
  EXPECT_TRUE(HasReason(Iccid::ParseFromSmdp("01234567890123456789").status(),
                        Reason::BAD_PREFIX));
}

}  // namespace
}  // namespace shiming

#include "common/ids/imei.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming {
namespace {

std::string ReasonFor(std::string_view text) {
  const absl::Status status = Imei::Parse(text).status();
  return status.ok() ? "OK" : std::string(NameOf(*ReasonOf(status)));
}

TEST(ImeiTest, TakesFifteenDigitsWithCheckDigit) {
  for (const char* text :
       {"490154203237518", "860123456789014", "352906110000009"}) {
    EXPECT_EQ(ReasonFor(text), "OK") << text;
    EXPECT_EQ(Imei::Parse(text)->str(), text);
  }
  EXPECT_EQ(Imei::Parse("490154203237518")->Tac(), "49015420");
}

TEST(ImeiTest, NamesTheFirstThingThatIsWrong) {
  EXPECT_EQ(ReasonFor(""), "EMPTY");
  EXPECT_EQ(ReasonFor("49015420323751"), "BAD_LENGTH");
  // An IMEISV.
  EXPECT_EQ(ReasonFor("4901542032375101"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("49015420323751X"), "BAD_CHARACTER");
  EXPECT_EQ(ReasonFor("490154203237517"), "BAD_CHECK_DIGIT");
}

}  // namespace
}  // namespace shiming

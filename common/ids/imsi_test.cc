#include "common/ids/imsi.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming {
namespace {

std::string ReasonFor(std::string_view text) {
  const absl::Status status = Imsi::Parse(text).status();
  return status.ok() ? "OK" : std::string(NameOf(*ReasonOf(status)));
}

TEST(ImsiTest, TakesUpToFifteenDigits) {
  EXPECT_EQ(ReasonFor("460001234567890"), "OK");
  EXPECT_EQ(ReasonFor("460001"), "OK");
  EXPECT_EQ(Imsi::Parse("460001234567890")->Mcc(), "460");
}

TEST(ImsiTest, NamesTheFirstThingThatIsWrong) {
  EXPECT_EQ(ReasonFor(""), "EMPTY");
  EXPECT_EQ(ReasonFor("46000"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("4600012345678901"), "BAD_LENGTH");
  EXPECT_EQ(ReasonFor("46000123456789x"), "BAD_CHARACTER");
}

}  // namespace
}  // namespace shiming

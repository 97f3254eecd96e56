#include "common/status/reason.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace shiming {
namespace {

// AIP-193: a reason matches [A-Z][A-Z0-9_]+[A-Z0-9], at most 63 characters.
TEST(ReasonTest, EveryReasonIsWellFormedUniqueAndHasBothTexts) {
  std::set<std::string> seen;
  for (const ReasonInfo& info : AllReasons()) {
    const std::string name(info.name);
    EXPECT_TRUE(std::regex_match(name, std::regex("[A-Z][A-Z0-9_]+[A-Z0-9]")))
        << name;
    EXPECT_LE(name.size(), 63u);
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_FALSE(info.zh.empty()) << name;
    EXPECT_FALSE(info.en.empty()) << name;
    EXPECT_EQ(ReasonByName(name), info.reason);
  }
}

TEST(ReasonTest, ErrorCarriesItsReasonFieldMetadataAndDelay) {
  absl::Status status = MakeError(Reason::BAD_CHECK_DIGIT, "remainder is not 1",
                                  {.field = "eid",
                                   .metadata = {{"length", "32"}},
                                   .retry_delay = absl::Seconds(3)});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(HasReason(status, Reason::BAD_CHECK_DIGIT));
  ErrorParts parts = PartsOf(status);
  EXPECT_EQ(parts.field, "eid");
  EXPECT_EQ(parts.metadata.at("length"), "32");
  EXPECT_EQ(parts.retry_delay, absl::Seconds(3));
}

TEST(ReasonTest, UnderPrefixesTheFieldAndKeepsTheRest) {
  absl::Status status = MakeError(Reason::EMPTY, "empty", {.field = "eid"});
  EXPECT_EQ(PartsOf(Under("device", status)).field, "device.eid");
  EXPECT_TRUE(HasReason(Under("device", status), Reason::EMPTY));
  EXPECT_EQ(Under("device", absl::OkStatus()), absl::OkStatus());
  EXPECT_FALSE(ReasonOf(absl::InternalError("x")).has_value());
}

}  // namespace
}  // namespace shiming

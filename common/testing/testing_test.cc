#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/status/reason.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"

namespace shiming::testing {
namespace {

using ::testing::Eq;
using ::testing::Not;

TEST(StatusMatchersTest, TellStatusesApart) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(3), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(Eq(3)));
  EXPECT_THAT(absl::StatusOr<int>(4), Not(IsOkAndHolds(Eq(3))));
  const absl::StatusOr<int> error = MakeError(Reason::EMPTY, "x");
  EXPECT_THAT(error, Not(IsOk()));
  EXPECT_THAT(error, FailsWith(Reason::EMPTY));
  EXPECT_THAT(error, Not(FailsWith(Reason::BAD_LENGTH)));
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(error, Not(IsOkAndHolds(Eq(3))));
}

TEST(TempDirTest, LivesAsLongAsItsObject) {
  std::string path;
  {
    TempDir dir;
    path = dir.path();
    EXPECT_EQ(dir.Write("a", "text"), path + "/a");
    EXPECT_EQ(dir.Read("a"), "text");
    EXPECT_EQ(dir.Read("b"), "");
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace shiming::testing

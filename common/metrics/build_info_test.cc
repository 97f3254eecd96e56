#include "common/metrics/build_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace shiming {
namespace {

TEST(BuildInfoTest, NamesTheVersionAndTheBinary) {
  EXPECT_THAT(std::string(BuildVersion()),
              testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(BuildRevision(), testing::MatchesRegex("[0-9a-f]{12}|unknown"));
}

}  // namespace
}  // namespace shiming

#include "common/metrics/build_info.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace shiming {
namespace {

TEST(BuildInfoTest, NamesTheVersionAndTheBinary) {
  EXPECT_TRUE(std::regex_match(std::string(BuildVersion()),
                               std::regex(R"(\d+\.\d+\.\d+)")));
  EXPECT_TRUE(
      std::regex_match(BuildRevision(), std::regex("[0-9a-f]{12}|unknown")))
      << BuildRevision();
}

}  // namespace
}  // namespace shiming

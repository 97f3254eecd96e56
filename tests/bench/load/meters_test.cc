#include "tests/bench/load/meters.h"

#include <gtest/gtest.h>

namespace shiming::bench {
namespace {

TEST(MetersTest, CpuSecondsAreUserAndSystemTime) {
  // A command's name may hold blanks and parentheses.
  const std::string stat =
      "42 (a) b (c) S 1 42 42 0 -1 4194304 10 20 30 40 250 50 7 8 20 0 3 0 9\n";
  const absl::StatusOr<double> seconds = CpuSecondsIn(stat, 100);
  ASSERT_TRUE(seconds.ok());
  EXPECT_DOUBLE_EQ(*seconds, 3.0);
  EXPECT_FALSE(CpuSecondsIn("42 (a) S 1 2", 100).ok());
  EXPECT_FALSE(CpuSecondsIn("", 100).ok());
}

TEST(MetersTest, CallsAreSummedOverCodesByMethod) {
  std::map<std::string, double> calls;
  AddCalls(
      "# HELP grpc_server_handled_total Calls\n"
      "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"SignIn\","
      "grpc_service=\"shiming.terminal.v1.TerminalSessionService\"} 3\n"
      "grpc_server_handled_total{grpc_code=\"UNAVAILABLE\",grpc_method="
      "\"SignIn\",grpc_service=\"shiming.terminal.v1.TerminalSessionService\"} "
      "2\n"
      "grpc_server_started_total{grpc_method=\"SignIn\"} 9\n",
      calls);
  EXPECT_EQ(
      calls,
      (std::map<std::string, double>{{"TerminalSessionService/SignIn", 5}}));
}

TEST(MetersTest, ADifferenceIsByName) {
  const Reading before{.cpu_seconds = {{"a", 1}}, .calls = {{"x", 10}}};
  const Reading after{.cpu_seconds = {{"a", 3}},
                      .calls = {{"x", 15}, {"y", 2}}};
  const Reading between = after - before;
  EXPECT_DOUBLE_EQ(between.cpu_seconds.at("a"), 2);
  EXPECT_DOUBLE_EQ(between.calls.at("x"), 5);
  EXPECT_DOUBLE_EQ(between.calls.at("y"), 2);
}

}  // namespace
}  // namespace shiming::bench

#include "common/rpc/trace.h"

#include <gtest/gtest.h>

#include <string>

namespace shiming::rpc {
namespace {

TEST(TraceTest, IdSurvivesTheHeader) {
  const std::string id = NewTraceId();
  EXPECT_EQ(id.size(), 32u);
  EXPECT_NE(id, NewTraceId());
  EXPECT_EQ(TraceIdOf(MakeTraceparent(id)), id);
}

TEST(TraceTest, MalformedHeadersGiveNoId) {
  const std::string good =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(TraceIdOf(good), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(TraceIdOf(""), "");
  EXPECT_EQ(TraceIdOf(good + "-x"), "");
  EXPECT_EQ(TraceIdOf("ff" + good.substr(2)), "");
  EXPECT_EQ(TraceIdOf("00-" + std::string(32, '0') + good.substr(35)), "");
  EXPECT_EQ(TraceIdOf("00-" + std::string(32, 'A') + good.substr(35)), "");
  // A later version may be longer.
  EXPECT_NE(TraceIdOf("01" + good.substr(2) + "-more"), "");
}

}  // namespace
}  // namespace shiming::rpc

#include "common/time/clock_watch.h"

#include <gtest/gtest.h>

namespace shiming {
namespace {

class ClockWatchTest : public testing::Test {
 protected:
  void Pass(absl::Duration time) {
    wall_ += time;
    monotonic_ += time;
  }

  absl::Time wall_ = absl::FromUnixSeconds(1'790'000'000);
  absl::Duration monotonic_ = absl::Hours(5);
  const ClockWatch watch_{[this] { return wall_; },
                          [this] { return monotonic_; }};
};

TEST_F(ClockWatchTest, TimeThatPassesIsNoJump) {
  Pass(absl::Hours(24 * 365));
  EXPECT_EQ(watch_.Jump(), absl::ZeroDuration());
  EXPECT_TRUE(watch_.Check().ok());
}

TEST_F(ClockWatchTest, ThirtySecondsAreBorne) {
  wall_ += absl::Seconds(30);
  EXPECT_TRUE(watch_.Check().ok());
  wall_ -= absl::Seconds(60);
  EXPECT_TRUE(watch_.Check().ok());
}

TEST_F(ClockWatchTest, MoreIsNotUntilTheClockIsRightAgain) {
  wall_ += absl::Seconds(31);
  Pass(absl::Minutes(1));
  EXPECT_EQ(watch_.Check().code(), absl::StatusCode::kUnavailable);
  wall_ -= absl::Seconds(62);
  EXPECT_EQ(watch_.Jump(), absl::Seconds(-31));
  EXPECT_EQ(watch_.Check().code(), absl::StatusCode::kUnavailable);
  wall_ += absl::Seconds(31);
  EXPECT_TRUE(watch_.Check().ok());
}

TEST(ClockWatch, TheSystemsClocksAgree) {
  const ClockWatch watch;
  EXPECT_TRUE(watch.Check().ok());
}

}  // namespace
}  // namespace shiming

#include "common/time/clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/time/fake_clock.h"

namespace shiming {
namespace {

class OffsetFileClockTest : public testing::Test {
 protected:
  OffsetFileClockTest()
      : file_(std::string(std::getenv("TEST_TMPDIR")) + "/offset_" +
              testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(file_.c_str());
  }

  void Write(const std::string& text) const {
    const std::string next = file_ + ".next";
    std::ofstream(next) << text;
    std::rename(next.c_str(), file_.c_str());
  }

  // True once the clock's offset is about `offset`; gives up after 10 s.
  static bool Reaches(const Clock& clock, absl::Duration offset) {
    const absl::Time give_up = absl::Now() + absl::Seconds(10);
    while (absl::Now() < give_up) {
      const absl::Duration off = clock.Now() - absl::Now() - offset;
      if (absl::AbsDuration(off) < absl::Milliseconds(500)) return true;
      std::this_thread::yield();
    }
    return false;
  }

  const std::string file_;
};

TEST_F(OffsetFileClockTest, FollowsTheFile) {
  const OffsetFileClock clock(file_);
  EXPECT_TRUE(Reaches(clock, absl::ZeroDuration()));
  Write("86400\n");
  EXPECT_TRUE(Reaches(clock, absl::Hours(24)));
  Write("-3.5");
  EXPECT_TRUE(Reaches(clock, absl::Seconds(-3.5)));
  std::remove(file_.c_str());
  EXPECT_TRUE(Reaches(clock, absl::ZeroDuration()));
}

TEST_F(OffsetFileClockTest, IsRightFromTheStart) {
  Write("1000");
  const OffsetFileClock clock(file_);
  EXPECT_LT(absl::AbsDuration(clock.Now() - absl::Now() - absl::Seconds(1000)),
            absl::Seconds(1));
}

TEST_F(OffsetFileClockTest, KeepsTheLastOffsetWhileTheFileIsNoNumber) {
  Write("1000");
  const OffsetFileClock clock(file_);
  for (const char* text : {"", "x", "nan", "1e300", "1 2"}) {
    Write(text);
    // Past the next read.
    const absl::Time until = absl::Now() + absl::Milliseconds(60);
    while (absl::Now() < until) clock.Now();
    EXPECT_TRUE(Reaches(clock, absl::Seconds(1000))) << text;
  }
}

TEST_F(OffsetFileClockTest, ServesSeveralThreads) {
  const OffsetFileClock clock(file_);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!stop.load()) clock.Now();
    });
  }
  Write("500");
  EXPECT_TRUE(Reaches(clock, absl::Seconds(500)));
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
}

TEST(ClockTest, FakeClockStandsStillUntilMoved) {
  FakeClock clock(absl::FromUnixSeconds(100));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  clock.Set(absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
}

TEST(ClockTest, SystemClockTellsTheTime) {
  EXPECT_LT(absl::AbsDuration(SystemClock().Now() - absl::Now()),
            absl::Seconds(5));
}

TEST(ClockTest, MicrosComeBackAndRoundTowardsThePast) {
  EXPECT_EQ(ToMicros(FromMicros(1'700'000'000'123'456)), 1'700'000'000'123'456);
  EXPECT_EQ(ToMicros(absl::FromUnixNanos(1999)), 1);
  EXPECT_EQ(ToMicros(absl::FromUnixNanos(-1)), -1);
}

}  // namespace
}  // namespace shiming

#include "storage/testing/meeting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace shiming::sql::testing {
namespace {

std::future<bool> ComeLater(Meeting& meeting) {
  return std::async(std::launch::async, [&] { return meeting.Come(); });
}

TEST(MeetingTest, OpensWhenAllAreThere) {
  Meeting meeting(3);
  std::future<bool> first = ComeLater(meeting);
  std::future<bool> second = ComeLater(meeting);
  std::future<bool> third = ComeLater(meeting);
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(third.get());
  EXPECT_TRUE(meeting.AwaitAll());
  // Nobody waits for who comes again.
  EXPECT_TRUE(meeting.Come());
}

TEST(MeetingTest, NobodyWaitsForOneThatHasEnded) {
  Meeting meeting(2);
  std::future<bool> first = ComeLater(meeting);
  meeting.Miss();
  EXPECT_TRUE(first.get());
  EXPECT_FALSE(meeting.AwaitAll());
}

TEST(MeetingTest, HeldItOpensOnlyWhenTold) {
  Meeting meeting(1);
  meeting.Hold();
  std::atomic<bool> told = false;
  std::future<bool> after = std::async(
      std::launch::async, [&] { return meeting.Come() && told.load(); });
  ASSERT_TRUE(meeting.AwaitAll());
  told = true;
  meeting.Open();
  EXPECT_TRUE(after.get());
}

}  // namespace
}  // namespace shiming::sql::testing

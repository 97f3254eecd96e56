#include "services/terminal_session/core/failure_window.h"

#include <gtest/gtest.h>

namespace shiming::terminal_session {
namespace {

const LockPolicy kPolicy;
const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

FailureWindow Reloaded(const FailureWindow& window) {
  return FailureWindow(window.Serialize(), window.locked_until());
}

TEST(FailureWindowTest, TheFifthFailureLocks) {
  FailureWindow window;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(window.Add(kStart + absl::Minutes(i), kPolicy));
    window = Reloaded(window);
    EXPECT_FALSE(window.IsLocked(kStart + absl::Minutes(i)));
  }
  const absl::Time last = kStart + absl::Minutes(14);
  EXPECT_TRUE(window.Add(last, kPolicy));
  window = Reloaded(window);
  EXPECT_TRUE(window.IsLocked(last));
  EXPECT_TRUE(
      window.IsLocked(last + absl::Minutes(15) - absl::Microseconds(1)));
  EXPECT_FALSE(window.IsLocked(last + absl::Minutes(15)));
}

TEST(FailureWindowTest, FailuresOlderThanTheWindowDoNotCount) {
  FailureWindow window;
  for (int i = 0; i < 4; ++i) window.Add(kStart, kPolicy);
  EXPECT_FALSE(window.Add(kStart + absl::Minutes(15), kPolicy));
  // Only the last one is still kept.
  EXPECT_EQ(window.Serialize().size(), 8u);
}

TEST(FailureWindowTest, ALockIsNotProlongedByFailuresUnderWay) {
  FailureWindow window;
  for (int i = 0; i < 5; ++i) window.Add(kStart, kPolicy);
  const auto locked_until = window.locked_until();
  EXPECT_FALSE(window.Add(kStart + absl::Minutes(1), kPolicy));
  EXPECT_EQ(window.locked_until(), locked_until);
}

TEST(FailureWindowTest, AfterALockFiveMoreAreNeeded) {
  FailureWindow window;
  for (int i = 0; i < 5; ++i) window.Add(kStart, kPolicy);
  const absl::Time later = kStart + absl::Minutes(15);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(window.Add(later, kPolicy));
  EXPECT_FALSE(window.IsLocked(later));
  EXPECT_TRUE(window.Add(later, kPolicy));
}

TEST(FailureWindowTest, ForeignBytesAreNoFailures) {
  FailureWindow window("odd", std::nullopt);
  EXPECT_EQ(window.Serialize(), "");
}

}  // namespace
}  // namespace shiming::terminal_session

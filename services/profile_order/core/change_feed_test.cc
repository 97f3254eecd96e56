// Goal: streams hear of what other instances commit from one look per period,
// however many they are, and only those that it concerns are woken.
#include "services/profile_order/core/change_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/rpc/runtime.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Gives what is pushed, a look's worth at a time; can be told to fail.
class FakeChanges final : public ChangeStore {
 public:
  void Push(ChangeLook look) {
    std::lock_guard lock(mutex_);
    next_.push_back(std::move(look));
  }
  void SetFailing(bool failing) {
    std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  // Looks so far.
  int looks() const {
    std::lock_guard lock(mutex_);
    return looks_;
  }
  // Looks that brought no marks.
  int first_looks() const {
    std::lock_guard lock(mutex_);
    return first_looks_;
  }
  // Until so many more have begun.
  void WaitForLooks(int count) {
    std::unique_lock lock(mutex_);
    const int target = looks_ + count;
    changed_.wait(lock, [&] { return looks_ >= target; });
  }

  Awaitable<absl::StatusOr<ChangeLook>> Look(ChangeMarks after,
                                             int64_t) override {
    std::lock_guard lock(mutex_);
    ++looks_;
    if (after.empty()) ++first_looks_;
    changed_.notify_all();
    if (failing_) co_return absl::UnavailableError("told to fail");
    ChangeLook look;
    if (!after.empty() && !next_.empty()) {
      look = next_.front();
      next_.pop_front();
    }
    look.marks.assign(kRouteCount, looks_);
    co_return look;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ChangeLook> next_;
  int looks_ = 0;
  int first_looks_ = 0;
  bool failing_ = false;
};

ChangeLook LookWith(const std::string& order_id, const std::string& display,
                    int64_t version) {
  ChangeLook look;
  look.orders.push_back(
      {.order_id = order_id, .display = display, .version = version});
  return look;
}

class ChangeFeedTest : public ::testing::Test {
 protected:
  ChangeFeedTest()
      : feed_({.store = changes_,
               .hub = hub_,
               .metrics = metrics_,
               .executor = runtime_.executor()}) {}

  // Counts how often the topic's subscriber is woken.
  std::shared_ptr<std::atomic<int>> Watch(const std::string& topic) {
    auto count = std::make_shared<std::atomic<int>>(0);
    subscriptions_.push_back(
        hub_.Subscribe({topic}, [count](bool) { ++*count; }));
    return count;
  }
  // What was pushed has been told: the look after it has begun.
  void LetItBeTold() { changes_.WaitForLooks(2); }

  rpc::Runtime runtime_{2};
  Metrics metrics_;
  FakeChanges changes_;
  OrderHub hub_;
  ChangeFeed feed_;
  std::vector<OrderHub::Subscription> subscriptions_;
};

TEST_F(ChangeFeedTest, AnyNumberOfStreamsCostsOneLookAPeriod) {
  constexpr int kStreams = 500;
  std::vector<std::shared_ptr<std::atomic<int>>> woken;
  for (int i = 0; i < kStreams; ++i) {
    woken.push_back(Watch(OrderTopic(std::to_string(i))));
  }
  const auto begin = SteadyClock::now();
  feed_.Start();
  changes_.WaitForLooks(6);
  // Five periods at least have passed between six looks.
  EXPECT_GE(SteadyClock::now() - begin,
            absl::ToChronoNanoseconds(5 * ChangeFeed::kPeriod));
  feed_.Stop();
  EXPECT_EQ(
      metrics_.counter("shiming_feed_reads_total", "", {{"feed", "orders"}})
          .Value(),
      changes_.looks());
  EXPECT_EQ(
      metrics_.gauge("shiming_feed_subscriptions", "", {{"feed", "orders"}})
          .Value(),
      kStreams);
  // By the first look, and by nothing that did not concern them.
  for (const auto& count : woken) EXPECT_EQ(*count, 1);
}

TEST_F(ChangeFeedTest, WakesThoseWhomTheChangeConcerns) {
  const auto order = Watch(OrderTopic("o1"));
  const auto display = Watch(DisplayTopic("s1/d1"));
  const auto other_order = Watch(OrderTopic("o2"));
  const auto other_display = Watch(DisplayTopic("s1/d2"));
  feed_.Start();
  changes_.Push(LookWith("o1", "s1/d1", 4));
  LetItBeTold();
  LetItBeTold();
  EXPECT_EQ(*order, 2);  // the first look's, too
  EXPECT_EQ(*display, 2);
  EXPECT_EQ(*other_order, 1);
  EXPECT_EQ(*other_display, 1);
}

TEST_F(ChangeFeedTest, WhatThisProcessAnnouncedWakesNobodyAgain) {
  feed_.Start();
  const auto order = Watch(OrderTopic("o1"));
  LetItBeTold();
  ASSERT_EQ(*order, 1);
  hub_.Announce("o1", "s1/d1", 4);
  EXPECT_EQ(*order, 2);
  changes_.Push(LookWith("o1", "s1/d1", 4));
  LetItBeTold();
  EXPECT_EQ(*order, 2);
  // A later one of another process does.
  changes_.Push(LookWith("o1", "s1/d1", 5));
  LetItBeTold();
  EXPECT_EQ(*order, 3);
  // So does one that overtook the announced one.
  hub_.Announce("o1", "s1/d1", 6);
  changes_.Push(LookWith("o1", "s1/d1", 7));
  LetItBeTold();
  EXPECT_EQ(*order, 5);
}

TEST_F(ChangeFeedTest, TooManyChangesWakeAll) {
  const auto order = Watch(OrderTopic("o1"));
  feed_.Start();
  LetItBeTold();
  ChangeLook look;
  look.is_too_many = true;
  changes_.Push(look);
  LetItBeTold();
  EXPECT_EQ(*order, 2);
}

TEST_F(ChangeFeedTest, WithoutStreamsItDoesNotLook) {
  // Another feed tells the time.
  OrderHub busy_hub;
  FakeChanges busy_changes;
  ChangeFeed busy({.store = busy_changes,
                   .hub = busy_hub,
                   .metrics = metrics_,
                   .executor = runtime_.executor()});
  const OrderHub::Subscription busy_stream =
      busy_hub.Subscribe({"x"}, [](bool) {});
  feed_.Start();
  busy.Start();
  busy_changes.WaitForLooks(5);
  EXPECT_EQ(changes_.looks(), 0);
  // A stream comes and goes, and another comes: it begins anew each time, since
  // nobody has looked meanwhile.
  Watch(OrderTopic("o1"));
  changes_.WaitForLooks(2);
  EXPECT_EQ(changes_.first_looks(), 1);
  subscriptions_.clear();
  busy_changes.WaitForLooks(5);
  const int looks = changes_.looks();
  busy_changes.WaitForLooks(5);
  EXPECT_EQ(changes_.looks(), looks);
  Watch(OrderTopic("o1"));
  changes_.WaitForLooks(2);
  EXPECT_EQ(changes_.first_looks(), 2);
}

TEST_F(ChangeFeedTest, AfterAnOutageItGoesOnWhereItWas) {
  const auto order = Watch(OrderTopic("o1"));
  feed_.Start();
  LetItBeTold();
  changes_.SetFailing(true);
  changes_.Push(LookWith("o1", "s1/d1", 4));
  LetItBeTold();
  EXPECT_EQ(*order, 1);
  changes_.SetFailing(false);
  LetItBeTold();
  LetItBeTold();
  EXPECT_EQ(*order, 2);
  EXPECT_EQ(changes_.first_looks(), 1);
}

}  // namespace
}  // namespace shiming::profile_order::testing

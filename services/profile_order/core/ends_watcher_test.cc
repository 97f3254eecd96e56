// Ends of sessions and revocations reach orders and streams; a source that is
// away ends the streams and is polled for.
#include "services/profile_order/core/ends_watcher.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/status/reason.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

// Gives what is pushed, and heartbeats while it is not silent.
class FakeEnds final : public EndsSource {
 public:
  Awaitable<absl::Status> Watch(int64_t after, OnNotice on_notice) override {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    {
      std::lock_guard lock(mutex_);
      afters_.push_back(after);
      cancelled_ = false;
    }
    for (;;) {
      EndNotice notice;
      bool send = false;
      {
        std::lock_guard lock(mutex_);
        if (cancelled_) break;
        if (!silent_) {
          send = true;
          if (!notices_.empty()) {
            notice = notices_.front();
            notices_.pop_front();
          }
        }
      }
      if (send) co_await on_notice(std::move(notice));
      timer.expires_after(std::chrono::milliseconds(20));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return absl::CancelledError("cancelled");
  }
  void Cancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }

  void Push(EndNotice notice) {
    std::lock_guard lock(mutex_);
    notices_.push_back(std::move(notice));
  }
  void SetSilent(bool silent) {
    std::lock_guard lock(mutex_);
    silent_ = silent;
  }
  // Where the streams were begun.
  std::vector<int64_t> afters() {
    std::lock_guard lock(mutex_);
    return afters_;
  }

 private:
  std::mutex mutex_;
  std::deque<EndNotice> notices_;
  std::vector<int64_t> afters_;
  bool silent_ = false;
  bool cancelled_ = false;
};

class EndsWatcherTest : public ::testing::Test {
 protected:
  EndsWatcherTest() {
    bench_.ImportStock(5);
    watcher_ = std::make_unique<EndsWatcher>(
        EndsWatcher::Deps{.book = bench_.book(),
                          .worker = bench_.worker(),
                          .machine = bench_.machine(),
                          .standings = standings_,
                          .source = source_,
                          .clock = bench_.clock(),
                          .executor = bench_.runtime().executor()});
    watcher_->Start();
  }
  ~EndsWatcherTest() override { watcher_->Stop(); }

  // Becomes ready when the topic's streams must end.
  std::future<void> EndOf(const std::string& topic) {
    auto ended = std::make_shared<std::promise<void>>();
    auto once = std::make_shared<std::once_flag>();
    subscriptions_.push_back(
        bench_.hub().Subscribe({topic}, [ended, once](bool end) {
          if (end) std::call_once(*once, [&] { ended->set_value(); });
        }));
    return ended->get_future();
  }

  static bool InTime(const std::future<void>& future) {
    return future.wait_for(std::chrono::seconds(20)) ==
           std::future_status::ready;
  }

  OrderBench bench_;
  FakeEnds source_;
  Standings standings_{bench_.authority()};
  std::unique_ptr<EndsWatcher> watcher_;
  std::vector<OrderHub::Subscription> subscriptions_;
};

TEST_F(EndsWatcherTest, EndedSessionCancelsItsOrders) {
  const Order ready = bench_.PlaceReady();
  const std::future<void> ended = EndOf(SessionTopic(ready.session_id));
  source_.Push(
      {.cursor = 7, .kind = EndNotice::Kind::kSession, .id = ready.session_id});
  EXPECT_TRUE(InTime(ended));
  const Order after =
      bench_.WaitForState(ready.order_id, OrderState::kCancelled);
  EXPECT_EQ(after.state, OrderState::kCancelled);
  EXPECT_EQ(after.cause, EndCause::kSessionEnded);
}

TEST_F(EndsWatcherTest, RevokedDisplayCancelsItsOrderAndEndsItsStreams) {
  const Order ready = bench_.PlaceReady();
  const std::future<void> ended = EndOf(DisplayTopic(ready.display));
  source_.Push(
      {.cursor = 8, .kind = EndNotice::Kind::kDisplay, .id = ready.display});
  EXPECT_TRUE(InTime(ended));
  EXPECT_EQ(bench_.WaitForState(ready.order_id, OrderState::kCancelled).cause,
            EndCause::kRevoked);
}

TEST_F(EndsWatcherTest, TerminalsClerksShopsAndShiftsEndStreams) {
  const std::pair<EndNotice::Kind, std::string> kinds[] = {
      {EndNotice::Kind::kTerminal, TerminalTopic("x")},
      {EndNotice::Kind::kClerk, ClerkTopic("x")},
      {EndNotice::Kind::kShop, ShopTopic("x")},
      {EndNotice::Kind::kShift, ShiftTopic("x")}};
  int64_t cursor = 0;
  for (const auto& [kind, topic] : kinds) {
    const std::future<void> ended = EndOf(topic);
    source_.Push({.cursor = ++cursor, .kind = kind, .id = "x"});
    EXPECT_TRUE(InTime(ended)) << topic;
  }
}

// Goal: what another instance has stored does not make this one skip ends that
// its own streams have not heard of.
TEST_F(EndsWatcherTest, AStreamThatBreaksGoesOnWhereThisInstanceIs) {
  const std::future<void> ended = EndOf(TerminalTopic("x"));
  source_.Push({.cursor = 7, .kind = EndNotice::Kind::kTerminal, .id = "x"});
  ASSERT_TRUE(InTime(ended));
  ASSERT_TRUE(bench_.Run(bench_.store().SetEndsCursor(1000)).ok());
  const size_t streams = source_.afters().size();
  source_.Cancel();
  const std::future<void> again = EndOf(ClerkTopic("y"));
  source_.Push({.cursor = 8, .kind = EndNotice::Kind::kClerk, .id = "y"});
  ASSERT_TRUE(InTime(again));
  const std::vector<int64_t> afters = source_.afters();
  ASSERT_GT(afters.size(), streams);
  EXPECT_EQ(afters[streams], 7);
}

TEST_F(EndsWatcherTest, SilenceEndsStreamsAndPollsForLiveSessions) {
  const Order ready = bench_.PlaceReady();
  // Somebody acted in the session lately, so that it can be asked for.
  const auto standing = bench_.Run(
      standings_.Check(bench_.DisplayCaller(), "", ready.session_id));
  ASSERT_TRUE(standing.ok());
  const std::future<void> ended = EndOf(OrderTopic(ready.order_id));
  source_.SetSilent(true);
  EXPECT_TRUE(InTime(ended));
  EXPECT_TRUE(watcher_->away());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kReady);
  bench_.authority().CloseSession(ready.session_id);
  EXPECT_EQ(bench_.WaitForState(ready.order_id, OrderState::kCancelled).state,
            OrderState::kCancelled);
  source_.SetSilent(false);
}

TEST_F(EndsWatcherTest, WhileNobodyCanBeAskedNothingIsCancelled) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(
      bench_.Run(standings_.Check(bench_.DisplayCaller(), "", ready.session_id))
          .ok());
  const std::future<void> ended = EndOf(OrderTopic(ready.order_id));
  bench_.authority().Fail(MakeError(Reason::DEPENDENCY_UNAVAILABLE, "away"));
  source_.SetSilent(true);
  EXPECT_TRUE(InTime(ended));
  // A second end comes with the next look, after the poll.
  const std::future<void> again = EndOf(OrderTopic(ready.order_id));
  EXPECT_TRUE(InTime(again));
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kReady);
}

}  // namespace
}  // namespace shiming::profile_order::testing

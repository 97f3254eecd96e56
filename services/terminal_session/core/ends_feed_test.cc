#include "services/terminal_session/core/ends_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/metrics/metrics.h"
#include "shiming/terminal/v1/terminal_service.pb.h"
#include "storage/testing/run.h"

namespace shiming::terminal_session {
namespace {

namespace asio = boost::asio;
using sql::testing::RunOn;

// Ends in memory; can be told to fail.
class FakeEndStore final : public EndStore {
 public:
  void Add(const std::string& id,
           terminal::v1::EndKind kind = terminal::v1::END_KIND_SESSION) {
    std::lock_guard lock(mutex_);
    ends_.push_back({.cursor = static_cast<int64_t>(ends_.size()) + 1,
                     .kind = kind,
                     .id = id});
  }
  void Fail(bool failing) {
    std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  int reads() {
    std::lock_guard lock(mutex_);
    return reads_;
  }
  void WaitForReads(int count) {
    std::unique_lock lock(mutex_);
    const int target = reads_ + count;
    changed_.wait(lock, [&] { return reads_ >= target; });
  }

  Result<std::vector<EndRecord>> ReadEnds(int64_t after, int limit) override {
    std::lock_guard lock(mutex_);
    ++reads_;
    changed_.notify_all();
    if (failing_) co_return absl::UnavailableError("told to fail");
    std::vector<EndRecord> found;
    for (const EndRecord& end : ends_) {
      if (end.cursor > after && static_cast<int>(found.size()) < limit) {
        found.push_back(end);
      }
    }
    co_return found;
  }
  Result<int64_t> NewestCursor() override {
    std::lock_guard lock(mutex_);
    if (failing_) co_return absl::UnavailableError("told to fail");
    co_return static_cast<int64_t>(ends_.size());
  }
  Result<int> EndDue(absl::Time, int) override { co_return 0; }
  Result<bool> DeleteOld(absl::Time, int) override { co_return false; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EndRecord> ends_;
  bool failing_ = false;
  int reads_ = 0;
};

// Counts wake-ups.
class Bell {
 public:
  void Ring() {
    std::lock_guard lock(mutex_);
    ++rings_;
    changed_.notify_all();
  }
  void WaitForRing() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return rings_ > seen_; });
    seen_ = rings_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rings_ = 0;
  int seen_ = 0;
};

class EndsFeedTest : public ::testing::Test {
 protected:
  ~EndsFeedTest() override {
    feed_.Stop();
    pool_.join();
  }

  std::vector<std::string> Read(int64_t after) {
    const auto ends = RunOn(pool_, feed_.Read(after));
    std::vector<std::string> ids;
    if (!ends.ok()) return {"failed"};
    for (const EndRecord& end : *ends) ids.push_back(end.id);
    return ids;
  }

  asio::thread_pool pool_{2};
  Metrics metrics_;
  FakeEndStore store_;
  EndsFeed feed_{store_, metrics_, pool_.get_executor()};
};

using Ids = std::vector<std::string>;

TEST_F(EndsFeedTest, WakesSubscribersForNewEndsAndKeepsThem) {
  store_.Add("a");
  ASSERT_TRUE(RunOn(pool_, feed_.Start()).ok());
  EXPECT_EQ(feed_.newest(), 1);
  Bell bell;
  const auto subscription = feed_.Subscribe([&] { bell.Ring(); });
  EXPECT_EQ(Read(1), Ids{});
  store_.Add("b");
  feed_.Poke();
  bell.WaitForRing();
  EXPECT_EQ(feed_.newest(), 2);
  EXPECT_EQ(Read(1), Ids{"b"});
  EXPECT_EQ(Read(2), Ids{});
  // What is older than this feed comes from the store.
  EXPECT_EQ(Read(0), (Ids{"a", "b"}));
  // Without a poke, too: another instance's ends.
  store_.Add("c");
  bell.WaitForRing();
  EXPECT_EQ(Read(2), Ids{"c"});
}

TEST_F(EndsFeedTest, AgesWhileItCannotRead) {
  ASSERT_TRUE(RunOn(pool_, feed_.Start()).ok());
  store_.WaitForReads(2);
  const absl::Duration fresh = feed_.Age();
  store_.Fail(true);
  store_.Add("a");
  // The first of these may have begun before; after the others the last good
  // read lies behind at least one whole period.
  store_.WaitForReads(4);
  EXPECT_GT(feed_.Age(), absl::Milliseconds(100));
  EXPECT_LT(fresh, absl::Seconds(60));
  EXPECT_EQ(feed_.newest(), 0);
  Bell bell;
  const auto subscription = feed_.Subscribe([&] { bell.Ring(); });
  store_.Fail(false);
  bell.WaitForRing();
  EXPECT_EQ(Read(0), Ids{"a"});
}

TEST_F(EndsFeedTest, DoesNotStartWithoutTheStore) {
  store_.Fail(true);
  EXPECT_FALSE(RunOn(pool_, feed_.Start()).ok());
}

TEST_F(EndsFeedTest, AnEndedSubscriptionIsNotWoken) {
  ASSERT_TRUE(RunOn(pool_, feed_.Start()).ok());
  std::atomic<int> rings = 0;
  auto gone = feed_.Subscribe([&] { ++rings; });
  gone.reset();
  Bell bell;
  const auto subscription = feed_.Subscribe([&] { bell.Ring(); });
  store_.Add("a");
  feed_.Poke();
  bell.WaitForRing();
  EXPECT_EQ(rings, 0);
}

TEST_F(EndsFeedTest, ASessionsSubscriberHearsOfItsEndOnly) {
  ASSERT_TRUE(RunOn(pool_, feed_.Start()).ok());
  std::atomic<int> others = 0;
  const auto other = feed_.SubscribeSession("b", [&] { ++others; });
  Bell mine;
  const auto subscription = feed_.SubscribeSession("a", [&] { mine.Ring(); });
  Bell all;
  const auto general = feed_.Subscribe([&] { all.Ring(); });
  // An id of another kind is not the session's.
  store_.Add("b", terminal::v1::END_KIND_SHIFT);
  feed_.Poke();
  all.WaitForRing();
  store_.Add("a");
  feed_.Poke();
  mine.WaitForRing();
  all.WaitForRing();
  EXPECT_EQ(others, 0);
}

TEST_F(EndsFeedTest, AnyNumberOfStreamsCostsOneReadAPeriod) {
  constexpr int kStreams = 500;
  std::vector<std::unique_ptr<EndsFeed::Subscription>> streams;
  std::atomic<int> rings = 0;
  for (int i = 0; i < kStreams; ++i) {
    streams.push_back(
        feed_.SubscribeSession(std::to_string(i), [&] { ++rings; }));
  }
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(RunOn(pool_, feed_.Start()).ok());
  store_.WaitForReads(6);
  // Five periods at least have passed between six reads.
  EXPECT_GE(std::chrono::steady_clock::now() - begin,
            std::chrono::milliseconds(500));
  feed_.Stop();
  EXPECT_EQ(metrics_.counter("shiming_feed_reads_total", "", {{"feed", "ends"}})
                .Value(),
            store_.reads());
  EXPECT_EQ(metrics_.gauge("shiming_feed_subscriptions", "", {{"feed", "ends"}})
                .Value(),
            kStreams);
  EXPECT_EQ(rings, 0);
}

}  // namespace
}  // namespace shiming::terminal_session

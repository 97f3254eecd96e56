#include "services/terminal_session/core/password_pool.h"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <future>
#include <optional>
#include <set>

#include "common/status/reason.h"
#include "storage/testing/run.h"

namespace shiming::terminal_session {
namespace {

namespace asio = boost::asio;
using sql::testing::RunOn;

// A check that stands still until released.
class Gate {
 public:
  bool Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    threads_.insert(std::this_thread::get_id());
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return true;
  }
  void WaitForWaiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  std::set<std::thread::id> threads() {
    std::lock_guard lock(mutex_);
    return threads_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
  std::set<std::thread::id> threads_;
};

TEST(PasswordPoolTest, AnswersWhatTheCheckSays) {
  Metrics metrics;
  asio::thread_pool loop(1);
  PasswordPool pool(
      {.verify = [](const std::string& hash,
                    const crypto::Secret& p) { return hash == p.Reveal(); },
       .metrics = metrics});
  EXPECT_TRUE(*RunOn(loop, pool.Verify("a", crypto::Secret("a"))));
  EXPECT_FALSE(*RunOn(loop, pool.Verify("a", crypto::Secret("b"))));
  loop.join();
}

// Goal: the queue is bounded and the loop's own threads never check. Method:
// both threads stand in a check, the queue is filled, one more comes.
TEST(PasswordPoolTest, RefusesWhenTooManyWait) {
  Metrics metrics;
  Gate gate;
  asio::thread_pool loop(1);
  std::vector<std::future<absl::StatusOr<bool>>> answers;
  std::optional<PasswordPool> pool;
  pool.emplace(PasswordPool::Options{
      .thread_count = 2,
      .queue_limit = 3,
      .verify = [&](const std::string&,
                    const crypto::Secret&) { return gate.Pass(); },
      .metrics = metrics});
  const auto submit = [&] {
    answers.push_back(asio::co_spawn(
        loop, pool->Verify("h", crypto::Secret("p")), asio::use_future));
  };
  submit();
  submit();
  gate.WaitForWaiting(2);
  for (int i = 0; i < 3; ++i) submit();
  EXPECT_TRUE(
      HasReason(RunOn(loop, pool->Verify("h", crypto::Secret("p"))).status(),
                Reason::OVERLOADED));
  gate.Open();
  for (auto& answer : answers) EXPECT_TRUE(*answer.get());
  EXPECT_LE(gate.threads().size(), 2u);
  pool.reset();
  loop.join();
}

}  // namespace
}  // namespace shiming::terminal_session

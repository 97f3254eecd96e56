#include "services/terminal_session/core/periodic_task.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <mutex>

namespace shiming::terminal_session {
namespace {

namespace asio = boost::asio;

// Counts runs; a test waits for a number of them.
class Runs {
 public:
  void Add() {
    std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void WaitFor(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int count() {
    std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(PeriodicTaskTest, RunsAtStartAndAgain) {
  asio::thread_pool pool(2);
  Runs runs;
  PeriodicTask task(pool.get_executor(), absl::Milliseconds(1),
                    [&]() -> asio::awaitable<bool> {
                      runs.Add();
                      co_return false;
                    });
  task.Start();
  runs.WaitFor(3);
  task.Stop();
  const int count = runs.count();
  pool.join();
  EXPECT_EQ(runs.count(), count);
}

TEST(PeriodicTaskTest, APokeDoesNotWaitForThePeriod) {
  asio::thread_pool pool(2);
  Runs runs;
  PeriodicTask task(pool.get_executor(), absl::Hours(24),
                    [&]() -> asio::awaitable<bool> {
                      runs.Add();
                      co_return false;
                    });
  task.Start();
  for (int i = 1; i < 100; ++i) {
    runs.WaitFor(i);
    task.Poke();
  }
  runs.WaitFor(100);
  task.Stop();
  pool.join();
}

TEST(PeriodicTaskTest, GoesOnAtOnceWhileThereIsMore) {
  asio::thread_pool pool(1);
  Runs runs;
  PeriodicTask task(pool.get_executor(), absl::Hours(24),
                    [&]() -> asio::awaitable<bool> {
                      runs.Add();
                      co_return runs.count() < 5;
                    });
  task.Start();
  runs.WaitFor(5);
  task.Stop();
  EXPECT_EQ(runs.count(), 5);
  pool.join();
}

TEST(PeriodicTaskTest, StopsWithoutHavingStarted) {
  asio::thread_pool pool(1);
  PeriodicTask task(pool.get_executor(), absl::Hours(24),
                    []() -> asio::awaitable<bool> { co_return false; });
  task.Stop();
  pool.join();
}

}  // namespace
}  // namespace shiming::terminal_session

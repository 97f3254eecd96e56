#include "common/rpc/stream_state.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "common/rpc/runtime.h"

namespace shiming::rpc {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

// Far beyond what any of these tests may take.
constexpr absl::Duration kLong = absl::Seconds(60);

asio::awaitable<int> WaitUntilCancelled(std::shared_ptr<StreamState> state) {
  int rounds = 0;
  while (!state->cancelled()) {
    ++rounds;
    co_await state->Wait(kLong);
  }
  co_return rounds;
}

class StreamStateTest : public testing::Test {
 protected:
  Runtime runtime_{2};
  std::shared_ptr<StreamState> state_ =
      std::make_shared<StreamState>(runtime_.executor());
};

TEST_F(StreamStateTest, CancelEndsAWait) {
  std::future<int> rounds = asio::co_spawn(
      runtime_.executor(), WaitUntilCancelled(state_), asio::use_future);
  EXPECT_FALSE(state_->cancelled());
  state_->Cancel();
  ASSERT_EQ(rounds.wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
}

TEST_F(StreamStateTest, AWakeBeforeTheWaitIsNotLost) {
  state_->Wake();
  std::future<void> waited = asio::co_spawn(
      runtime_.executor(), state_->Wait(kLong), asio::use_future);
  ASSERT_EQ(waited.wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
}

TEST_F(StreamStateTest, TimePassesWithoutAWake) {
  const auto start = steady_clock::now();
  std::future<void> waited =
      asio::co_spawn(runtime_.executor(), state_->Wait(absl::Milliseconds(20)),
                     asio::use_future);
  ASSERT_EQ(waited.wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(20));
}

// Many threads wake while the handler goes round and round; a lost cancel
// would hang, a double resume would crash or be seen by TSan.
TEST_F(StreamStateTest, WakesFromManyThreadsAndOneCancel) {
  std::future<int> rounds = asio::co_spawn(
      runtime_.executor(), WaitUntilCancelled(state_), asio::use_future);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([state = state_] {
      for (int n = 0; n < 2000; ++n) state->Wake();
    });
  }
  for (std::thread& thread : threads) thread.join();
  state_->Cancel();
  ASSERT_EQ(rounds.wait_for(std::chrono::seconds(20)),
            std::future_status::ready);
  EXPECT_GE(rounds.get(), 1);
}

TEST_F(StreamStateTest, WakingAfterTheStreamIsHarmless) {
  state_->Cancel();
  state_->Wake();
  state_->Cancel();
  EXPECT_TRUE(state_->cancelled());
}

}  // namespace
}  // namespace shiming::rpc

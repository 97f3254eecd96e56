#include "common/rpc/runtime.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>

#include "common/rpc/await_callback.h"

namespace shiming::rpc {
namespace {

namespace asio = boost::asio;

// Suspends with its callback kept in `done`, and says when `witness` dies.
asio::awaitable<void> Suspend(std::shared_ptr<int> witness,
                              std::promise<std::function<void(bool)>>& done) {
  auto start = [&done](std::function<void(bool)> callback) {
    done.set_value(std::move(callback));
  };
  co_await AwaitCallback<bool>(std::move(start));
  ++*witness;
}

TEST(RuntimeTest, AnyThreadMayResumeACoroutine) {
  Runtime runtime(2);
  std::promise<std::function<void(bool)>> done;
  auto witness = std::make_shared<int>(0);
  std::promise<void> ended;
  asio::co_spawn(runtime.executor(), Suspend(witness, done),
                 [&](std::exception_ptr) { ended.set_value(); });
  done.get_future().get()(true);
  ended.get_future().get();
  EXPECT_EQ(*witness, 1);
}

// What is suspended at the end is neither resumed nor destroyed, and a callback
// that comes late does no harm.
TEST(RuntimeTest, ACallbackMayComeAfterTheEnd) {
  std::promise<std::function<void(bool)>> done;
  auto witness = std::make_shared<int>(0);
  std::function<void(bool)> late;
  {
    Runtime runtime(1);
    asio::co_spawn(runtime.executor(), Suspend(witness, done), asio::detached);
    late = done.get_future().get();
  }
  late(true);
  EXPECT_EQ(*witness, 0);
  EXPECT_EQ(witness.use_count(), 2);
}

}  // namespace
}  // namespace shiming::rpc

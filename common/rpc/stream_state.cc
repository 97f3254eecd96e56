#include "common/rpc/stream_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/rpc/await_callback.h"

namespace shiming::rpc {

StreamState::StreamState(const boost::asio::any_io_executor& executor)
    : timer_(executor) {}

std::function<void(bool)> StreamState::TakeWaiter() {
  std::function<void(bool)> waiter = std::move(waiter_);
  waiter_ = nullptr;
  if (waiter) timer_.cancel();
  return waiter;
}

void StreamState::Wake() {
  std::unique_lock lock(mutex_);
  std::function<void(bool)> waiter = TakeWaiter();
  woken_ = !waiter;
  lock.unlock();
  if (waiter) waiter(true);
}

void StreamState::Cancel() {
  std::unique_lock lock(mutex_);
  cancelled_ = true;
  std::function<void(bool)> waiter = TakeWaiter();
  lock.unlock();
  if (waiter) waiter(true);
}

bool StreamState::cancelled() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

boost::asio::awaitable<void> StreamState::Wait(absl::Duration timeout) {
  auto start = [this, timeout](std::function<void(bool)> done) {
    std::unique_lock lock(mutex_);
    if (cancelled_ || std::exchange(woken_, false)) {
      lock.unlock();
      done(true);
      return;
    }
    waiter_ = std::move(done);
    // Infinite would overflow; Wait may end early.
    timer_.expires_after(
        absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(1))));
    timer_.async_wait(
        [self = shared_from_this()](const boost::system::error_code& error) {
          // Cancelled by whoever took the waiter.
          if (error) return;
          std::unique_lock timer_lock(self->mutex_);
          std::function<void(bool)> waiter = self->TakeWaiter();
          timer_lock.unlock();
          if (waiter) waiter(false);
        });
  };
  co_await AwaitCallback<bool>(std::move(start));
}

}  // namespace shiming::rpc

#include "services/profile_order/core/wake_signal.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace shiming::profile_order {

namespace asio = boost::asio;

WakeSignal::WakeSignal(const asio::any_io_executor& executor)
    : timer_(executor) {}

void WakeSignal::Wake() { Finish(true); }

void WakeSignal::Finish(bool woken) {
  std::function<void()> waiter;
  {
    std::lock_guard lock(mutex_);
    if (waiter_ == nullptr) {
      woken_ = woken_ || woken;
      return;
    }
    waiter = std::exchange(waiter_, nullptr);
    timer_.cancel();
  }
  waiter();
}

asio::awaitable<void> WakeSignal::Wait(absl::Duration time) {
  const std::shared_ptr<WakeSignal> self = shared_from_this();
  auto initiate = [self, time](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    std::function<void()> waiter = [shared, executor] {
      asio::post(executor, [shared]() mutable { std::move (*shared)(); });
    };
    {
      std::lock_guard lock(self->mutex_);
      if (!self->woken_) {
        self->waiter_ = std::move(waiter);
        waiter = nullptr;
        self->timer_.expires_after(absl::ToChronoNanoseconds(time));
        self->timer_.async_wait(
            [weak = std::weak_ptr(self)](const boost::system::error_code& e) {
              // A cancelled timer belongs to a Wait that is over.
              if (e) return;
              if (const auto signal = weak.lock()) signal->Finish(false);
            });
        return;
      }
      self->woken_ = false;
    }
    waiter();
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      std::move(initiate), asio::use_awaitable);
}

asio::awaitable<void> SleepFor(asio::any_io_executor executor,
                               absl::Duration time) {
  const auto signal = std::make_shared<WakeSignal>(executor);
  co_await signal->Wait(time);
}

}  // namespace shiming::profile_order

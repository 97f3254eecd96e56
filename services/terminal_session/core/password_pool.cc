#include "services/terminal_session/core/password_pool.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "common/status/reason.h"

namespace shiming::terminal_session {

namespace asio = boost::asio;

PasswordPool::PasswordPool(Options options)
    : options_(std::move(options)),
      queued_(options_.metrics.gauge("shiming_password_checks_queued",
                                     "Password checks that wait.")),
      refused_(options_.metrics.counter(
          "shiming_password_checks_refused_total",
          "Password checks refused because too many waited.")) {
  for (int i = 0; i < options_.thread_count; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

PasswordPool::~PasswordPool() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

boost::asio::awaitable<absl::StatusOr<bool>> PasswordPool::Verify(
    std::string hash, crypto::Secret password) {
  auto check = std::make_shared<Check>();
  check->hash = std::move(hash);
  check->password = std::move(password);
  // Resumes the coroutine on its own executor, from whichever thread.
  return asio::async_initiate<const asio::use_awaitable_t<>,
                              void(absl::StatusOr<bool>)>(
      [this, check](auto handler) {
        auto executor = asio::get_associated_executor(handler);
        // Shared, since std::function is copyable and a handler is not.
        auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
        check->done = [waiting, executor](absl::StatusOr<bool> answer) {
          asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
            std::move (*waiting)(std::move(answer));
          });
        };
        Submit(check);
      },
      asio::use_awaitable);
}

void PasswordPool::Submit(std::shared_ptr<Check> check) {
  std::optional<absl::Status> refusal;
  {
    std::lock_guard lock(mutex_);
    if (closing_) {
      refusal = MakeError(Reason::SHUTTING_DOWN, "password pool is closing");
    } else if (queue_.size() >= options_.queue_limit) {
      refusal = MakeError(Reason::OVERLOADED, "too many sign-ins at once",
                          {.retry_delay = absl::Seconds(1)});
    } else {
      queue_.push_back(check);
      queued_.Set(static_cast<double>(queue_.size()));
    }
  }
  if (refusal.has_value()) {
    refused_.Increment();
    check->done(*std::move(refusal));
    return;
  }
  changed_.notify_one();
}

void PasswordPool::Loop() {
  while (true) {
    std::shared_ptr<Check> check;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      check = std::move(queue_.front());
      queue_.pop_front();
      queued_.Set(static_cast<double>(queue_.size()));
    }
    const bool matches = options_.verify(check->hash, check->password);
    check->password = crypto::Secret();
    check->done(matches);
  }
}

}  // namespace shiming::terminal_session

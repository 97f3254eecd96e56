#include "services/terminal_session/core/password_pool.h"

#include <optional>
#include <utility>

#include "common/rpc/await_callback.h"
#include "common/status/reason.h"

namespace shiming::terminal_session {

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
  co_return co_await rpc::AwaitCallback<absl::StatusOr<bool>>(
      [this, &check](std::function<void(absl::StatusOr<bool>)> done) {
        check->done = std::move(done);
        Submit(check);
      });
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

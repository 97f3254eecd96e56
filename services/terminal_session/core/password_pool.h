// Password checks away from the threads that serve calls.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_PASSWORD_POOL_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_PASSWORD_POOL_H_

#include <boost/asio/awaitable.hpp>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/secret.h"
#include "common/metrics/metrics.h"

namespace shiming::terminal_session {

// argon2id takes tens of milliseconds and 64 MiB each time: a few threads of
// their own do it, with a bounded queue before them (DESIGN 9). Thread-safe.
class PasswordPool {
 public:
  struct Options {
    int thread_count = 2;
    // Waiting checks: about two seconds of work for two threads. Beyond,
    // sign-ins are OVERLOADED.
    size_t queue_limit = 64;
    // Does the check; replaced in tests.
    std::function<bool(const std::string& hash, const crypto::Secret&)> verify;
    Metrics& metrics;  // must outlive the pool
  };

  explicit PasswordPool(Options options);
  // Finishes what is queued.
  ~PasswordPool();
  PasswordPool(const PasswordPool&) = delete;
  PasswordPool& operator=(const PasswordPool&) = delete;

  // Whether `password` is the one behind `hash`. OVERLOADED when too many
  // wait; SHUTTING_DOWN while closing.
  boost::asio::awaitable<absl::StatusOr<bool>> Verify(std::string hash,
                                                      crypto::Secret password);

 private:
  struct Check {
    std::string hash;
    crypto::Secret password;
    std::function<void(absl::StatusOr<bool>)> done;
  };

  void Loop();
  void Submit(std::shared_ptr<Check> check);

  const Options options_;
  Gauge& queued_;
  Counter& refused_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Check>> queue_;  // guarded by mutex_
  bool closing_ = false;                      // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_PASSWORD_POOL_H_

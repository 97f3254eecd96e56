// Lets a coroutine sleep until it is woken or some time has passed.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_WAKE_SIGNAL_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_WAKE_SIGNAL_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/time/time.h"

namespace shiming::profile_order {

// Thread-safe; one Wait at a time. Held by shared_ptr: whoever wakes may come
// after the sleeper has gone.
class WakeSignal : public std::enable_shared_from_this<WakeSignal> {
 public:
  explicit WakeSignal(const boost::asio::any_io_executor& executor);

  // Ends the Wait that is under way, or the next one.
  void Wake();

  // Sleeps until Wake or for `time`.
  boost::asio::awaitable<void> Wait(absl::Duration time);

 private:
  void Finish(bool woken);

  std::mutex mutex_;
  bool woken_ = false;               // guarded by mutex_
  std::function<void()> waiter_;     // guarded by mutex_
  boost::asio::steady_timer timer_;  // guarded by mutex_
};

// Sleeps without holding a thread.
boost::asio::awaitable<void> SleepFor(boost::asio::any_io_executor executor,
                                      absl::Duration time);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_WAKE_SIGNAL_H_

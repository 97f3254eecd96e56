// Work that is done again and again, and at once when poked.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_PERIODIC_TASK_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_PERIODIC_TASK_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace shiming::terminal_session {

// Runs a coroutine at start, then `period` after each end of it, one run at a
// time. Thread-safe.
class PeriodicTask {
 public:
  // What to do. True: go on at once, there is more.
  using Work = std::function<boost::asio::awaitable<bool>()>;

  PeriodicTask(boost::asio::any_io_executor executor, absl::Duration period,
               Work work);
  // Stops.
  ~PeriodicTask();
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  // Once.
  void Start();

  // The next run begins now; if one is under way, directly after it.
  void Poke();

  // No further run; waits for the one under way. The executor must still run,
  // and this must not be called on it.
  void Stop();

 private:
  struct State;
  static boost::asio::awaitable<void> Loop(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_PERIODIC_TASK_H_

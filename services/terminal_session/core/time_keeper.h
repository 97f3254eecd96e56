// Ends sessions and shifts whose time has run out, and clears away old rows.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_TIME_KEEPER_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_TIME_KEEPER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/terminal_session/core/after_commit.h"
#include "services/terminal_session/core/end_store.h"
#include "services/terminal_session/core/periodic_task.h"
#include "services/terminal_session/core/terminal_metrics.h"

namespace shiming::terminal_session {

// Goes by what the rows say is due, so a crash, a jump of the clock or a second
// instance changes nothing but the moment. Thread-safe.
class TimeKeeper {
 public:
  // All references must outlive this.
  struct Deps {
    EndStore& store;
    const Clock& clock;
    TerminalMetrics& metrics;
    boost::asio::any_io_executor executor;
    // How long ends, nonces and locks are kept: WatchEnds promises 48 hours.
    absl::Duration keep_time;
    AfterCommit after_commit;
  };

  explicit TimeKeeper(Deps deps);

  void Start();
  // As PeriodicTask::Stop.
  void Stop();

  // One round of each; true when more is due. For tests.
  boost::asio::awaitable<bool> EndDue();
  boost::asio::awaitable<bool> DeleteOld();

 private:
  const Deps deps_;
  PeriodicTask ending_;
  PeriodicTask deleting_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_TIME_KEEPER_H_

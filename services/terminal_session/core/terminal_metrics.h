// What terminal_session counts beside its calls.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_TERMINAL_METRICS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_TERMINAL_METRICS_H_

#include "absl/status/status.h"
#include "common/metrics/metrics.h"

namespace shiming::terminal_session {

// Thread-safe. `metrics` must outlive it.
class TerminalMetrics {
 public:
  explicit TerminalMetrics(Metrics& metrics);

  // By outcome: OK or the reason.
  void CountSignIn(const absl::Status& outcome);
  void CountPermit(const absl::Status& outcome);

  // Alarms: a clerk was locked; a shift token came from another key.
  Counter& clerks_locked;
  Counter& tokens_misused;
  // Sessions and shifts that ended because their time ran out.
  Counter& timed_out;

 private:
  Metrics& metrics_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_TERMINAL_METRICS_H_

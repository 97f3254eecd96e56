// What the PostgreSQL driver counts.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_METRICS_H_
#define SHIMING_STORAGE_SQL_POSTGRES_METRICS_H_

#include <chrono>
#include <string>

#include "common/metrics/metrics.h"

namespace shiming::sql {

// Thread-safe.
class PostgresMetrics {
 public:
  // `database` is the label of all series. Counts nothing without `metrics`.
  PostgresMetrics(Metrics* metrics, const std::string& database);

  // A COMMIT was answered by a clean yes after so long.
  void Committed(std::chrono::steady_clock::duration time);
  // A COMMIT was answered by anything else.
  void CommitUnknown();
  // A Write or Read was refused, or had waited too long in its queue.
  void Refused();
  // A transaction runs again.
  void RanAgain();
  // An answer did not come within the driver's own deadline.
  void TimedOut();
  void Connected();
  void ConnectFailed();
  // A connection that was open is closed, for whatever reason.
  void Disconnected();

 private:
  // All null or none.
  Counter* writes_ = nullptr;
  Counter* unknown_ = nullptr;
  Counter* refused_ = nullptr;
  Counter* ran_again_ = nullptr;
  Counter* timed_out_ = nullptr;
  Counter* connect_failures_ = nullptr;
  Gauge* connections_ = nullptr;
  Histogram* commit_seconds_ = nullptr;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_METRICS_H_

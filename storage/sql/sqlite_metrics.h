// What the SQLite driver counts.
#ifndef SHIMING_STORAGE_SQL_SQLITE_METRICS_H_
#define SHIMING_STORAGE_SQL_SQLITE_METRICS_H_

#include <chrono>
#include <cstddef>
#include <string>

#include "common/metrics/metrics.h"

namespace shiming::sql {

// Thread-safe.
class SqliteMetrics {
 public:
  // `database` is the label of all series. Counts nothing without `metrics`.
  SqliteMetrics(Metrics* metrics, const std::string& database);

  // A COMMIT of so many Writes took so long.
  void Committed(size_t writes, std::chrono::steady_clock::duration time);
  // A Write or Read was refused since its queue was full.
  void Refused();

 private:
  // All null or none.
  Counter* writes_ = nullptr;
  Counter* refused_ = nullptr;
  Histogram* commit_seconds_ = nullptr;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_METRICS_H_

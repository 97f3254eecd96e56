#include "storage/sql/sqlite_metrics.h"

namespace shiming::sql {

SqliteMetrics::SqliteMetrics(Metrics* metrics, const std::string& database) {
  if (metrics == nullptr) return;
  const MetricLabels labels = {{"database", database}};
  writes_ = &metrics->counter("shiming_sql_writes_total",
                              "Write transactions answered.", labels);
  refused_ = &metrics->counter("shiming_sql_refused_total",
                               "Transactions refused by a full queue.", labels);
  commit_seconds_ = &metrics->histogram(
      "shiming_sql_commit_seconds",
      "Time of a COMMIT, which one or more writes share.", labels);
}

void SqliteMetrics::Committed(size_t writes,
                              std::chrono::steady_clock::duration time) {
  if (writes_ == nullptr) return;
  writes_->Increment(static_cast<double>(writes));
  commit_seconds_->Observe(std::chrono::duration<double>(time).count());
}

void SqliteMetrics::Refused() {
  if (refused_ != nullptr) refused_->Increment();
}

}  // namespace shiming::sql

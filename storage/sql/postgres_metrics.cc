#include "storage/sql/postgres_metrics.h"

namespace shiming::sql {

PostgresMetrics::PostgresMetrics(Metrics* metrics,
                                 const std::string& database) {
  if (metrics == nullptr) return;
  const MetricLabels labels = {{"database", database}};
  writes_ = &metrics->counter("shiming_sql_writes_total",
                              "Write transactions answered.", labels);
  unknown_ = &metrics->counter(
      "shiming_sql_unknown_commits_total",
      "COMMITs without a clean yes: repeated under the same request id.",
      labels);
  refused_ = &metrics->counter("shiming_sql_refused_total",
                               "Transactions refused by a full queue.", labels);
  ran_again_ = &metrics->counter(
      "shiming_sql_reruns_total",
      "Transactions run again after a lost race or connection.", labels);
  timed_out_ = &metrics->counter(
      "shiming_sql_deadlines_total",
      "Statements whose answer did not come within the driver's deadline.",
      labels);
  connect_failures_ =
      &metrics->counter("shiming_sql_connect_failures_total",
                        "Connections to the database that failed.", labels);
  connections_ = &metrics->gauge("shiming_sql_connections",
                                 "Open connections to the database.", labels);
  commit_seconds_ = &metrics->histogram(
      "shiming_sql_commit_seconds",
      "Time of a COMMIT, which one or more writes share.", labels);
}

void PostgresMetrics::Committed(std::chrono::steady_clock::duration time) {
  if (writes_ == nullptr) return;
  writes_->Increment();
  commit_seconds_->Observe(std::chrono::duration<double>(time).count());
}

void PostgresMetrics::CommitUnknown() {
  if (unknown_ != nullptr) unknown_->Increment();
}

void PostgresMetrics::Refused() {
  if (refused_ != nullptr) refused_->Increment();
}

void PostgresMetrics::RanAgain() {
  if (ran_again_ != nullptr) ran_again_->Increment();
}

void PostgresMetrics::TimedOut() {
  if (timed_out_ != nullptr) timed_out_->Increment();
}

void PostgresMetrics::Connected() {
  if (connections_ != nullptr) connections_->Add(1);
}

void PostgresMetrics::ConnectFailed() {
  if (connect_failures_ != nullptr) connect_failures_->Increment();
}

void PostgresMetrics::Disconnected() {
  if (connections_ != nullptr) connections_->Add(-1);
}

}  // namespace shiming::sql

// Opens connections, and holds back after failures.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_CONNECTOR_H_
#define SHIMING_STORAGE_SQL_POSTGRES_CONNECTOR_H_

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/postgres_connection.h"
#include "storage/sql/postgres_metrics.h"
#include "storage/sql/postgres_options.h"

namespace shiming::sql {

// Thread-safe.
class PostgresConnector {
 public:
  using Clock = std::chrono::steady_clock;

  // Both must outlive this.
  PostgresConnector(const PostgresOptions& options, PostgresMetrics& metrics)
      : options_(options), metrics_(metrics), random_(std::random_device()()) {}

  // Connects to the first host of the list that answers and can write. Tries
  // again with growing pauses until `give_up`; kUnavailable with the last
  // reason then. After Close it tries once.
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect(
      Clock::time_point give_up);

  // Ends all waiting.
  void Close();

 private:
  absl::StatusOr<std::unique_ptr<PostgresConnection>> TryHosts();
  // After a try that began at `begun` has failed.
  void HoldBack(Clock::time_point begun);

  const PostgresOptions& options_;
  PostgresMetrics& metrics_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  Clock::time_point next_try_{};
  std::chrono::milliseconds pause_{0};
  absl::Status last_error_;
  std::minstd_rand random_;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_CONNECTOR_H_

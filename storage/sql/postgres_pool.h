// Threads with a connection each, behind a bounded queue.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_POOL_H_
#define SHIMING_STORAGE_SQL_POSTGRES_POOL_H_

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "storage/sql/database.h"
#include "storage/sql/postgres_connection.h"
#include "storage/sql/postgres_connector.h"
#include "storage/sql/postgres_metrics.h"
#include "storage/sql/work_queue.h"

namespace shiming::sql {

// Thread-safe. These threads are the only ones that a connection may block.
class PostgresPool {
 public:
  // One run of a transaction, begun and ended.
  using Attempt = std::function<absl::Status(PostgresConnection&)>;

  // Starts the threads; each connects when it first has work. All three must
  // outlive this.
  PostgresPool(int thread_count, const PostgresOptions& options,
               PostgresConnector& connector, PostgresMetrics& metrics);
  // Finishes what is queued. Close the connector first, so that no thread
  // waits for a server that is away.
  ~PostgresPool();

  // Runs `attempt`, again after a lost race (kMaxTries times at most) or a
  // connection that was lost before COMMIT, then calls `done` on a thread of
  // the pool, or on this one when refused.
  void Start(Attempt attempt, Done done);

 private:
  using Clock = std::chrono::steady_clock;

  struct Work {
    Attempt attempt;
    Done done;
    Clock::time_point queued;
  };

  void Loop();
  absl::Status Serve(const Work& work,
                     std::unique_ptr<PostgresConnection>& connection,
                     std::minstd_rand& random);

  const PostgresOptions& options_;
  PostgresConnector& connector_;
  PostgresMetrics& metrics_;
  WorkQueue<Work> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_POOL_H_

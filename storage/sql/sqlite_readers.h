// A pool of threads with a read-only connection each.
#ifndef SHIMING_STORAGE_SQL_SQLITE_READERS_H_
#define SHIMING_STORAGE_SQL_SQLITE_READERS_H_

#include <memory>
#include <thread>
#include <vector>

#include "storage/sql/database.h"
#include "storage/sql/sqlite_connection.h"
#include "storage/sql/sqlite_metrics.h"
#include "storage/sql/work_queue.h"

namespace shiming::sql {

// Thread-safe.
class SqliteReaders {
 public:
  // Starts a thread per connection. `metrics` must outlive this.
  SqliteReaders(std::vector<std::unique_ptr<SqliteConnection>> connections,
                int queue_limit, SqliteMetrics& metrics);
  // Finishes what is queued.
  ~SqliteReaders();

  // `done` is called on a reader thread, or on this one when refused.
  void Start(ReadFn fn, Done done);

 private:
  struct PendingRead {
    ReadFn fn;
    Done done;
  };

  void Loop(SqliteConnection& connection);

  SqliteMetrics& metrics_;
  WorkQueue<PendingRead> queue_;
  std::vector<std::unique_ptr<SqliteConnection>> connections_;
  std::vector<std::thread> threads_;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_READERS_H_

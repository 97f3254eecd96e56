// Group commit: one thread runs the queued writes, each in a savepoint of one
// transaction, and commits them with one fsync.
#ifndef SHIMING_STORAGE_SQL_SQLITE_WRITER_H_
#define SHIMING_STORAGE_SQL_SQLITE_WRITER_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "storage/sql/database.h"
#include "storage/sql/sqlite_connection.h"
#include "storage/sql/sqlite_metrics.h"
#include "storage/sql/work_queue.h"

namespace shiming::sql {

struct PendingWrite {
  WriteFn fn;  // null: scrub
  Done done;
};

// Thread-safe.
class SqliteWriter {
 public:
  struct Options {
    int batch_limit;
    std::chrono::microseconds batch_time;
    int queue_limit;
  };

  // Starts the thread. `metrics` must outlive this.
  SqliteWriter(std::unique_ptr<SqliteConnection> connection,
               const Options& options, SqliteMetrics& metrics);
  // Finishes what is queued.
  ~SqliteWriter();

  // `done` is called on the writer thread, or on this one when refused.
  void Start(WriteFn fn, Done done);

  // Moves the WAL into the database, where deleted bytes are overwritten
  // (secure_delete), and truncates it: in the order of the queue, so after what
  // was acknowledged before. `done` as in Start.
  void StartScrub(Done done);

 private:
  struct Finished {
    PendingWrite write;
    absl::Status status;
  };
  using Clock = std::chrono::steady_clock;

  void Push(PendingWrite write);
  void Loop();
  absl::Status Scrub();
  void RunBatch(PendingWrite first);
  // The next write of the batch that started at `start`, or nullopt. A scrub
  // ends the batch.
  std::optional<PendingWrite> Next(Clock::time_point start);
  absl::Status Begin();
  // Runs `fn` in the batch's transaction so that it fails alone.
  absl::Status RunAlone(const WriteFn& fn);
  absl::Status TryAlone(const WriteFn& fn);
  // What succeeded in a transaction that SQLite threw away runs again.
  void TakeBackSucceeded();
  void Commit();
  void AnswerAll();

  const Options options_;
  SqliteMetrics& metrics_;
  std::unique_ptr<SqliteConnection> connection_;
  WorkQueue<PendingWrite> queue_;

  // Of the present batch; used by the writer thread only.
  std::deque<PendingWrite> again_;
  std::vector<Finished> finished_;
  bool transaction_holds_writes_ = false;
  std::optional<Done> scrub_;  // comes behind the batch

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_WRITER_H_

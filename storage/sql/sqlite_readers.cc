#include "storage/sql/sqlite_readers.h"

#include <utility>

#include "common/status/reason.h"
#include "storage/sql/sqlite_transaction.h"

namespace shiming::sql {
namespace {

absl::Status RunRead(SqliteConnection& connection, const ReadFn& fn) {
  absl::Status status = connection.Run("BEGIN");
  if (!status.ok()) return status;
  SqliteSnapshot snapshot(connection);
  status = fn(snapshot);
  // Nothing was written; ROLLBACK only lets go of the snapshot.
  connection.Run("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace

SqliteReaders::SqliteReaders(
    std::vector<std::unique_ptr<SqliteConnection>> connections, int queue_limit,
    SqliteMetrics& metrics)
    : metrics_(metrics),
      queue_(queue_limit),
      connections_(std::move(connections)) {
  for (const auto& connection : connections_) {
    threads_.emplace_back([this, &connection] { Loop(*connection); });
  }
}

SqliteReaders::~SqliteReaders() {
  queue_.Close();
  for (std::thread& thread : threads_) thread.join();
}

void SqliteReaders::Start(ReadFn fn, Done done) {
  PendingRead read{std::move(fn), std::move(done)};
  switch (queue_.Push(read)) {
    case WorkQueue<PendingRead>::PushResult::kQueued:
      return;
    case WorkQueue<PendingRead>::PushResult::kFull:
      metrics_.Refused();
      read.done(MakeError(Reason::OVERLOADED, "too many reads are queued"));
      return;
    case WorkQueue<PendingRead>::PushResult::kClosed:
      read.done(MakeError(Reason::SHUTTING_DOWN, "the database is closing"));
      return;
  }
}

void SqliteReaders::Loop(SqliteConnection& connection) {
  while (std::optional<PendingRead> read = queue_.Pop()) {
    absl::Status status = RunRead(connection, read->fn);
    // As in SqliteWriter::AnswerAll.
    read->fn = nullptr;
    read->done(std::move(status));
  }
}

}  // namespace shiming::sql

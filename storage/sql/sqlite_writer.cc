#include "storage/sql/sqlite_writer.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/status/reason.h"
#include "storage/sql/sql_error.h"
#include "storage/sql/sqlite_transaction.h"

namespace shiming::sql {
namespace {

// After a failed COMMIT or fsync nobody knows what is on disk, and SQLite and
// the kernel may disagree about it: only a new start may decide, by the WAL.
[[noreturn]] void EndProcess(const absl::Status& status) {
  Log(Severity::kError, "commit failed, ending the process",
      {{"error", std::string(status.message())}});
  ShutdownLog();
  std::abort();
}

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteConnection> connection,
                           const Options& options, SqliteMetrics& metrics)
    : options_(options),
      metrics_(metrics),
      connection_(std::move(connection)),
      queue_(options.queue_limit),
      thread_([this] { Loop(); }) {}

SqliteWriter::~SqliteWriter() {
  queue_.Close();
  thread_.join();
}

void SqliteWriter::Start(WriteFn fn, Done done) {
  Push({std::move(fn), std::move(done)});
}

void SqliteWriter::StartScrub(Done done) { Push({nullptr, std::move(done)}); }

void SqliteWriter::Push(PendingWrite write) {
  switch (queue_.Push(write)) {
    case WorkQueue<PendingWrite>::PushResult::kQueued:
      return;
    case WorkQueue<PendingWrite>::PushResult::kFull:
      metrics_.Refused();
      write.done(MakeError(Reason::OVERLOADED, "too many writes are queued"));
      return;
    case WorkQueue<PendingWrite>::PushResult::kClosed:
      write.done(MakeError(Reason::SHUTTING_DOWN, "the database is closing"));
      return;
  }
}

void SqliteWriter::Loop() {
  while (std::optional<PendingWrite> first = queue_.Pop()) {
    if (first->fn == nullptr) {
      scrub_ = std::move(first->done);
    } else {
      RunBatch(*std::move(first));
    }
    if (scrub_.has_value()) {
      const Done done = *std::exchange(scrub_, std::nullopt);
      done(Scrub());
    }
  }
}

absl::Status SqliteWriter::Scrub() {
  // One row: whether something was in the way, pages in the WAL, pages moved.
  const absl::StatusOr<Rows> rows =
      connection_->Query("PRAGMA wal_checkpoint(TRUNCATE)", {});
  if (!rows.ok()) {
    if (!IsRetryable(rows.status())) return rows.status();
  } else if (rows->size() == 1 && rows->front().Int(0) == 0) {
    return absl::OkStatus();
  }
  return MakeSqlError(SqlError::kUnavailable,
                      "a reader or another process holds the WAL");
}

void SqliteWriter::RunBatch(PendingWrite first) {
  const Clock::time_point start = Clock::now();
  again_.push_back(std::move(first));
  while (std::optional<PendingWrite> write = Next(start)) {
    absl::Status status = RunAlone(write->fn);
    finished_.push_back({*std::move(write), status});
    if (!status.ok() && !connection_->in_transaction()) TakeBackSucceeded();
  }
  if (connection_->in_transaction()) Commit();
  AnswerAll();
}

absl::Status SqliteWriter::Begin() {
  transaction_holds_writes_ = false;
  absl::Status status = connection_->Run("BEGIN IMMEDIATE");
  if (!IsRetryable(status)) return status;
  return MakeSqlError(SqlError::kUnavailable,
                      "another process holds the write lock");
}

std::optional<PendingWrite> SqliteWriter::Next(Clock::time_point start) {
  if (!again_.empty()) {
    PendingWrite write = std::move(again_.front());
    again_.pop_front();
    return write;
  }
  if (finished_.size() >= static_cast<size_t>(options_.batch_limit) ||
      Clock::now() - start >= options_.batch_time) {
    return std::nullopt;
  }
  if (scrub_.has_value()) return std::nullopt;
  std::optional<PendingWrite> next = queue_.TryPop();
  if (next.has_value() && next->fn == nullptr) {
    scrub_ = std::move(next->done);
    return std::nullopt;
  }
  return next;
}

absl::Status SqliteWriter::RunAlone(const WriteFn& fn) {
  absl::Status status;
  for (int i = 0; i < kMaxTries; ++i) {
    if (!connection_->in_transaction()) {
      if (absl::Status begun = Begin(); !begun.ok()) return begun;
    }
    const bool nothing_to_lose = !transaction_holds_writes_;
    status = TryAlone(fn);
    if (!IsRetryable(status)) break;
    // Where the writes before it are lost, they come first.
    if (!connection_->in_transaction() && !nothing_to_lose) break;
  }
  return status;
}

absl::Status SqliteWriter::TryAlone(const WriteFn& fn) {
  // The first of a transaction needs none: with it, all of it is undone.
  const bool alone = !transaction_holds_writes_;
  absl::Status status =
      alone ? absl::OkStatus() : connection_->Run("SAVEPOINT write");
  if (!status.ok()) {
    connection_->Run("ROLLBACK").IgnoreError();
    return status;
  }
  SqliteTransaction transaction(*connection_);
  status = fn(transaction);
  if (status.ok()) status = transaction.failure();
  if (status.ok() && !alone) status = connection_->Run("RELEASE write");
  if (status.ok()) transaction_holds_writes_ = true;
  if (status.ok() || !connection_->in_transaction()) return status;
  // Rolled back alone; where even that fails, the whole transaction goes.
  absl::Status undone = absl::OkStatus();
  if (!alone) {
    undone = connection_->Run("ROLLBACK TO write");
    if (undone.ok()) undone = connection_->Run("RELEASE write");
  }
  if (alone || !undone.ok()) connection_->Run("ROLLBACK").IgnoreError();
  return status;
}

void SqliteWriter::TakeBackSucceeded() {
  std::vector<Finished> failed;
  std::deque<PendingWrite> again;
  for (Finished& finished : finished_) {
    if (finished.status.ok()) {
      again.push_back(std::move(finished.write));
    } else {
      failed.push_back(std::move(finished));
    }
  }
  for (PendingWrite& write : again_) again.push_back(std::move(write));
  finished_ = std::move(failed);
  again_ = std::move(again);
}

void SqliteWriter::Commit() {
  const Clock::time_point start = Clock::now();
  absl::Status status = connection_->Run("COMMIT");
  if (!status.ok()) EndProcess(status);
  metrics_.Committed(finished_.size(), Clock::now() - start);
}

void SqliteWriter::AnswerAll() {
  // Refusals wait for the COMMIT too: they may rest on what others of the
  // batch have written.
  for (Finished& finished : finished_) {
    // What `fn` holds may not outlive the caller's executor, which only `done`
    // keeps at work.
    finished.write.fn = nullptr;
    finished.write.done(std::move(finished.status));
  }
  finished_.clear();
}

}  // namespace shiming::sql

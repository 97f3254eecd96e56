#include "storage/sql/postgres_connector.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// Pauses double from the first to the longest; each is cut by up to a half at
// random, so that instances do not come back all at once.
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2000};

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnector::Connect(
    Clock::time_point give_up) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const Clock::time_point now = Clock::now();
    if (now < next_try_ && !closed_) {
      if (next_try_ > give_up) return last_error_;
      changed_.wait_until(lock, next_try_);
      continue;
    }
    lock.unlock();
    absl::StatusOr<std::unique_ptr<PostgresConnection>> opened = TryHosts();
    lock.lock();
    if (opened.ok()) {
      next_try_ = {};
      pause_ = std::chrono::milliseconds(0);
      return opened;
    }
    last_error_ = opened.status();
    HoldBack(now);
    if (closed_) return last_error_;
  }
}

absl::StatusOr<std::unique_ptr<PostgresConnection>>
PostgresConnector::TryHosts() {
  absl::Status status =
      MakeSqlError(SqlError::kUnavailable, "no host in the database url");
  for (const PostgresOptions::Keywords& host : options_.hosts) {
    auto opened = PostgresConnection::Open(host, options_, metrics_);
    if (opened.ok()) return opened;
    metrics_.ConnectFailed();
    status = opened.status();
  }
  return status;
}

void PostgresConnector::HoldBack(Clock::time_point begun) {
  // Threads that failed together hold back together: one of them doubles.
  if (begun < next_try_) return;
  pause_ =
      pause_.count() == 0 ? kFirstPause : std::min(pause_ * 2, kLongestPause);
  std::uniform_int_distribution<int64_t> cut(0, pause_.count() / 2);
  next_try_ = Clock::now() + pause_ - std::chrono::milliseconds(cut(random_));
  Log(Severity::kWarning, "the database cannot be connected to",
      {{"error", std::string(last_error_.message())},
       {"next_try_ms", int64_t{pause_.count()}}});
}

void PostgresConnector::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace shiming::sql

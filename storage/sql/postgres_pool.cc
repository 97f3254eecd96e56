#include "storage/sql/postgres_pool.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/status/reason.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// Losers of a race come back at random within 1, 2, 4 ... 64 ms.
constexpr int kMaxBackoffDoublings = 6;

void BackOff(int tries, std::minstd_rand& random) {
  const int most_us = 1000 << std::min(tries - 1, kMaxBackoffDoublings);
  std::uniform_int_distribution<int> pause(0, most_us);
  std::this_thread::sleep_for(std::chrono::microseconds(pause(random)));
}

}  // namespace

PostgresPool::PostgresPool(int thread_count, const PostgresOptions& options,
                           PostgresConnector& connector,
                           PostgresMetrics& metrics)
    : options_(options),
      connector_(connector),
      metrics_(metrics),
      queue_(options.queue_limit) {
  threads_.reserve(thread_count);
  for (int i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

PostgresPool::~PostgresPool() {
  queue_.Close();
  for (std::thread& thread : threads_) thread.join();
}

void PostgresPool::Start(Attempt attempt, Done done) {
  Work work{std::move(attempt), std::move(done), Clock::now()};
  switch (queue_.Push(work)) {
    case WorkQueue<Work>::PushResult::kQueued:
      return;
    case WorkQueue<Work>::PushResult::kFull:
      metrics_.Refused();
      work.done(
          MakeError(Reason::OVERLOADED, "too many transactions are queued"));
      return;
    case WorkQueue<Work>::PushResult::kClosed:
      work.done(MakeError(Reason::SHUTTING_DOWN, "the database is closing"));
      return;
  }
}

void PostgresPool::Loop() {
  std::unique_ptr<PostgresConnection> connection;
  std::minstd_rand random{std::random_device()()};
  while (std::optional<Work> work = queue_.Pop()) {
    absl::Status status = Serve(*work, connection, random);
    // What it holds may not outlive the caller's executor, which only `done`
    // keeps at work.
    work->attempt = nullptr;
    work->done(std::move(status));
  }
}

absl::Status PostgresPool::Serve(
    const Work& work, std::unique_ptr<PostgresConnection>& connection,
    std::minstd_rand& random) {
  if (Clock::now() - work.queued >
      absl::ToChronoMicroseconds(options_.queue_time)) {
    metrics_.Refused();
    return MakeError(Reason::OVERLOADED, "waited too long for a connection");
  }
  const Clock::time_point give_up =
      work.queued + absl::ToChronoMicroseconds(options_.patience);
  absl::Status status;
  for (int tries = 0; tries < kMaxTries; ++tries) {
    if (tries > 0) {
      metrics_.RanAgain();
      BackOff(tries, random);
    }
    if (connection == nullptr) {
      auto opened = connector_.Connect(give_up);
      if (!opened.ok()) return opened.status();
      connection = *std::move(opened);
    }
    status = work.attempt(*connection);
    const PostgresLink::State state = connection->state();
    if (state != PostgresLink::State::kUsable) connection.reset();
    const bool lost_before_commit =
        state == PostgresLink::State::kLost &&
        SqlErrorOf(status) == SqlError::kUnavailable;
    if (!IsRetryable(status) && !lost_before_commit) return status;
  }
  return status;
}

}  // namespace shiming::sql

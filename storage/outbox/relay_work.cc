#include "storage/outbox/relay_work.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "common/log/log.h"
#include "common/status/check.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::outbox {
namespace {

// Longest pause after calls without an answer.
constexpr std::chrono::milliseconds kMaxBackoff{1000};

std::chrono::steady_clock::time_point Now() {
  return std::chrono::steady_clock::now();
}

std::chrono::milliseconds ToChrono(absl::Duration duration) {
  return absl::ToChronoMilliseconds(duration);
}

}  // namespace

Relay::Work::Work(Options options)
    : options_(std::move(options)),
      metrics_(options_.metrics, options_.source),
      own_entry_check_(options_.database, options_.sink, options_.source) {}

void Relay::Work::Start(asio::any_io_executor executor) {
  SHIMING_CHECK(timer_ == nullptr, "a relay is started once");
  strand_ = asio::make_strand(executor);
  timer_ = std::make_shared<asio::steady_timer>(strand_);
  started_ = true;
  next_check_ = Now() + ToChrono(options_.check_interval);
  ended_ = asio::co_spawn(strand_, Loop(), asio::use_future);
}

void Relay::Work::Poke() { Wake(); }

void Relay::Work::Stop() {
  if (!ended_.valid()) return;
  stopping_ = true;
  Wake();
  ended_.get();
}

void Relay::Work::Wake() {
  if (!started_ || has_ended_ || woken_.exchange(true)) return;
  // The timer is shared: this may be gone when the strand comes to it.
  asio::post(strand_, [timer = timer_] { timer->cancel(); });
}

void Relay::Work::AddSettled(Settled settled) {
  {
    std::lock_guard lock(mutex_);
    settled_.push_back(std::move(settled));
  }
  Wake();
}

asio::awaitable<void> Relay::Work::Loop() {
  while (!stopping_) {
    co_await StoreSettled();
    StartCheckIfDue();
    if (!is_behind_ && Now() >= backoff_until_) co_await SendUnsent();
    co_await CountIfDue();
    co_await Sleep(NextTime());
  }
  while (!fresh_calls_.empty() || retry_calls_ > 0 || is_checking_) {
    co_await Sleep(Now() + ToChrono(options_.poll_interval));
  }
  co_await StoreSettled();
  has_ended_ = true;
  // What Wake has posted to the strand runs before this.
  co_await asio::post(strand_, asio::use_awaitable);
}

asio::awaitable<void> Relay::Work::Sleep(Time until) {
  if (!woken_) {
    timer_->expires_at(until);
    boost::system::error_code ignored;
    co_await timer_->async_wait(
        asio::redirect_error(asio::use_awaitable, ignored));
  }
  woken_ = false;
}

Relay::Work::Time Relay::Work::NextTime() const {
  const Time now = Now();
  Time next = now + ToChrono(options_.poll_interval);
  if (is_unstored_) {
    next = std::min(next, now + ToChrono(options_.retry_delay));
  }
  if (now < backoff_until_) return std::min(next, backoff_until_);
  if (is_deferred_) next = std::min<Time>(next, now + kYoungCall);
  if (retry_calls_ < kMaxRetryCalls) {
    for (const auto& [aggregate, due] : waiting_) next = std::min(next, due);
  }
  return std::max<Time>(next, now + std::chrono::milliseconds(1));
}

asio::awaitable<void> Relay::Work::StoreSettled() {
  std::vector<Settled> settled;
  {
    std::lock_guard lock(mutex_);
    settled.swap(settled_);
  }
  if (settled.empty()) co_return;
  absl::Status stored = co_await StoreInDatabase(settled);
  is_unstored_ = !stored.ok();
  if (!stored.ok()) {
    Log(Severity::kWarning, "outbox: answers of the ledger not stored yet",
        {{"source", options_.source},
         {"error", std::string(stored.message())}});
    std::lock_guard lock(mutex_);
    settled_.insert(settled_.begin(), std::make_move_iterator(settled.begin()),
                    std::make_move_iterator(settled.end()));
    co_return;
  }
  for (const Settled& one : settled) Apply(one);
}

asio::awaitable<absl::Status> Relay::Work::StoreInDatabase(
    const std::vector<Settled>& settled) {
  std::vector<Settled::Ack> acks;
  std::vector<std::string> stopped;
  for (const Settled& one : settled) {
    acks.insert(acks.end(), one.acks.begin(), one.acks.end());
    for (const Settled::Rejection& rejection : one.rejections) {
      stopped.push_back(rejection.aggregate);
    }
  }
  for (size_t begin = 0; begin < acks.size(); begin += kMaxStored) {
    const size_t end = std::min(acks.size(), begin + kMaxStored);
    sql::WriteFn write = [begin, end,
                          &acks](sql::Transaction& tx) -> absl::Status {
      for (size_t i = begin; i < end; ++i) {
        RETURN_IF_ERROR(
            MarkAcked(tx, acks[i].aggregate, acks[i].version, acks[i].index));
      }
      return absl::OkStatus();
    };
    absl::Status status = co_await options_.database.Write(std::move(write));
    CO_RETURN_IF_ERROR(status);
  }
  for (const std::string& aggregate : stopped) {
    sql::WriteFn write = [&aggregate](sql::Transaction& tx) {
      return StopAggregate(tx, aggregate);
    };
    absl::Status status = co_await options_.database.Write(std::move(write));
    CO_RETURN_IF_ERROR(status);
  }
  co_return absl::OkStatus();
}

void Relay::Work::Apply(const Settled& settled) {
  metrics_.sequenced.Increment(static_cast<double>(settled.acks.size()));
  for (const Settled::Ack& ack : settled.acks) waiting_.erase(ack.aggregate);
  for (const std::string& aggregate : settled.waiting) {
    waiting_[aggregate] = Now() + ToChrono(options_.retry_delay);
    metrics_.waiting.Increment();
  }
  for (const Settled::Rejection& rejection : settled.rejections) {
    waiting_.erase(rejection.aggregate);
    metrics_.Rejected(rejection.reason);
    Log(Severity::kError,
        "ALARM: the ledger rejected an event; its aggregate stands still",
        {{"source", options_.source},
         {"aggregate", rejection.aggregate},
         {"version", rejection.version},
         {"reason", rejection.reason}});
  }
  busy_.Remove(settled.aggregates);
}

bool Relay::Work::HasYoungCall() const {
  const Time now = Now();
  return std::any_of(
      fresh_calls_.begin(), fresh_calls_.end(),
      [&](const auto& call) { return now - call.second < kYoungCall; });
}

// The first unsent event of an aggregate is its oldest, so that with any event
// those before it are sent, too.
bool Relay::Work::IsToSend(const EventRow& row) const {
  if (options_.own == nullptr || options_.own->Contains(row.aggregate)) {
    return true;
  }
  // One from the future is of a clock that has been set back since.
  const absl::Duration age = options_.clock.Now() - FromMicros(row.event_us);
  return absl::AbsDuration(age) >= options_.foreign_delay;
}

bool Relay::Work::IsRetryDue() const {
  const Time now = Now();
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const auto& entry) { return entry.second <= now; });
}

asio::awaitable<void> Relay::Work::SendUnsent() {
  const bool may_send_fresh =
      !HasYoungCall() && fresh_calls_.size() < kMaxFreshCalls;
  const bool may_retry = retry_calls_ < kMaxRetryCalls && IsRetryDue();
  is_deferred_ = !may_send_fresh;
  if (!may_send_fresh && !may_retry) co_return;
  RelayBatch fresh;
  RelayBatch retry;
  absl::Status collected =
      co_await Collect(may_send_fresh, may_retry, fresh, retry);
  if (!collected.ok()) {
    CallFailed(collected);
    co_return;
  }
  is_deferred_ = is_deferred_ || fresh.full();
  if (!fresh.empty()) Launch(std::move(fresh), /*is_retry=*/false);
  if (!retry.empty()) Launch(std::move(retry), /*is_retry=*/true);
}

asio::awaitable<absl::Status> Relay::Work::Collect(bool may_send_fresh,
                                                   bool may_retry,
                                                   RelayBatch& fresh,
                                                   RelayBatch& retry) {
  const Time now = Now();
  UnsentPosition position;
  for (int page = 0; page < kMaxPages; ++page) {
    auto read = [position](sql::Snapshot& snapshot) {
      return ReadUnsent(snapshot, position, kPageSize);
    };
    absl::StatusOr<std::vector<EventRow>> rows =
        co_await options_.database.ReadValue(std::move(read));
    CO_RETURN_IF_ERROR(rows.status());
    const bool is_last = rows->size() < static_cast<size_t>(kPageSize);
    if (!is_last) {
      position = {.event_us = rows->back().event_us,
                  .aggregate = rows->back().aggregate};
    }
    for (EventRow& row : *rows) {
      if (busy_.Contains(row.aggregate) || !IsToSend(row)) continue;
      auto waiting = waiting_.find(row.aggregate);
      if (waiting == waiting_.end()) {
        if (may_send_fresh) fresh.Add(std::move(row));
      } else if (may_retry && waiting->second <= now) {
        retry.Add(std::move(row));
      }
    }
    const bool is_full =
        (fresh.full() || !may_send_fresh) && (retry.full() || !may_retry);
    if (is_last || is_full) break;
  }
  co_return absl::OkStatus();
}

void Relay::Work::Launch(RelayBatch batch, bool is_retry) {
  busy_.Add(batch.Aggregates());
  const int call_id = next_call_id_++;
  if (is_retry) {
    ++retry_calls_;
  } else {
    fresh_calls_[call_id] = Now();
  }
  asio::co_spawn(strand_, Call(std::move(batch), is_retry, call_id),
                 asio::detached);
}

asio::awaitable<void> Relay::Work::Call(RelayBatch batch, bool is_retry,
                                        int call_id) {
  absl::StatusOr<std::vector<EventOutcome>> outcomes =
      co_await options_.sink.Append(batch.Entries(),
                                    absl::Now() + options_.call_deadline);
  if (outcomes.ok() && outcomes->size() != batch.rows().size()) {
    outcomes = MakeError(Reason::INTERNAL_ERROR, "not one outcome per entry");
  }
  if (outcomes.ok()) {
    backoff_ = std::chrono::milliseconds(0);
    AddSettled(Settle(batch, *outcomes));
  } else {
    CallFailed(outcomes.status());
    AddSettled({.aggregates = batch.Aggregates()});
  }
  if (is_retry) {
    --retry_calls_;
  } else {
    fresh_calls_.erase(call_id);
  }
  Wake();
}

void Relay::Work::CallFailed(const absl::Status& status) {
  metrics_.failed_calls.Increment();
  if (backoff_.count() == 0) {
    Log(Severity::kWarning, "outbox: nothing sent, trying again",
        {{"source", options_.source},
         {"error", std::string(status.message())}});
  }
  backoff_ = std::min<std::chrono::milliseconds>(
      kMaxBackoff, backoff_ * 2 + ToChrono(options_.retry_delay));
  backoff_until_ = Now() + backoff_;
}

void Relay::Work::StartCheckIfDue() {
  if (is_checking_ || is_behind_ || Now() < next_check_) return;
  is_checking_ = true;
  asio::co_spawn(strand_, CheckInBackground(), asio::detached);
}

asio::awaitable<void> Relay::Work::CheckInBackground() {
  absl::Status status = co_await CheckNotBehind();
  if (!status.ok() && !HasReason(status, Reason::DATABASE_BEHIND_LEDGER)) {
    Log(Severity::kWarning, "outbox: own entries could not be checked",
        {{"source", options_.source},
         {"error", std::string(status.message())}});
  }
  is_checking_ = false;
  next_check_ = Now() + ToChrono(options_.check_interval);
  Wake();
}

asio::awaitable<void> Relay::Work::CountIfDue() {
  if (Now() < next_count_) co_return;
  next_count_ = Now() + ToChrono(options_.poll_interval);
  auto read = [](sql::Snapshot& snapshot) { return ReadCounts(snapshot); };
  absl::StatusOr<OutboxCounts> counts =
      co_await options_.database.ReadValue(std::move(read));
  if (!counts.ok()) co_return;
  metrics_.Counted(*counts,
                   absl::ToDoubleSeconds(options_.clock.Now() -
                                         FromMicros(counts->oldest_unsent_us)));
}

asio::awaitable<absl::Status> Relay::Work::CheckNotBehind() {
  absl::Status status = co_await own_entry_check_.Run();
  if (HasReason(status, Reason::DATABASE_BEHIND_LEDGER)) {
    is_behind_ = true;
    metrics_.behind.Set(1);
    Log(Severity::kError, "ALARM: the database is older than the ledger",
        {{"source", options_.source},
         {"error", std::string(status.message())}});
  }
  co_return status;
}

}  // namespace shiming::outbox

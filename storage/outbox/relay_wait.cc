// Relay::WaitSequenced: sends the stored bytes itself.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/outbox/relay_work.h"

namespace shiming::outbox {
namespace {

asio::awaitable<void> Pause(absl::Duration duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           absl::ToChronoMilliseconds(duration));
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

absl::Status RejectedAs(const std::string& reason) {
  return MakeError(ReasonByName(reason).value_or(Reason::INTERNAL_ERROR),
                   "the ledger rejected an event");
}

// What to send for `id`: its unsent predecessors, then itself, as far as one
// call goes. Empty when it was acknowledged and is not kept.
absl::StatusOr<RelayBatch> ReadForWait(sql::Snapshot& snapshot,
                                       const ledger::v1::EventId& id) {
  RelayBatch batch;
  ASSIGN_OR_RETURN(std::optional<EventRow> row,
                   ReadEvent(snapshot, id.aggregate(), id.version()));
  if (!row.has_value()) {
    ASSIGN_OR_RETURN(std::optional<AggregateHead> head,
                     ReadHead(snapshot, id.aggregate()));
    if (head.has_value() && id.version() >= 1 &&
        id.version() <= head->version) {
      return batch;
    }
    return MakeError(Reason::NOT_FOUND, "no such event");
  }
  if (row->state == EventState::kBlocked) {
    return MakeError(Reason::LEDGER_AGGREGATE_FROZEN,
                     "an event of this aggregate was rejected");
  }
  ASSIGN_OR_RETURN(std::vector<EventRow> before,
                   ReadUnsentOf(snapshot, id.aggregate(), id.version() - 1,
                                EventSink::kMaxEntries));
  for (EventRow& one : before) {
    if (!batch.Add(std::move(one))) return batch;
  }
  batch.Add(*std::move(row));
  return batch;
}

}  // namespace

asio::awaitable<absl::StatusOr<RelayBatch>> Relay::Work::FindForWait(
    ledger::v1::EventId id) {
  auto read = [id = std::move(id)](sql::Snapshot& snapshot) {
    return ReadForWait(snapshot, id);
  };
  return options_.database.ReadValue(std::move(read));
}

asio::awaitable<absl::StatusOr<std::vector<EventOutcome>>>
Relay::Work::SendDirectly(RelayBatch batch, absl::Time deadline) {
  busy_.Add(batch.Aggregates());
  absl::StatusOr<std::vector<EventOutcome>> outcomes =
      co_await options_.sink.Append(batch.Entries(), deadline);
  if (outcomes.ok() && outcomes->size() != batch.rows().size()) {
    outcomes = MakeError(Reason::INTERNAL_ERROR, "not one outcome per entry");
  }
  if (outcomes.ok()) {
    AddSettled(Settle(batch, *outcomes));
  } else {
    metrics_.failed_calls.Increment();
    AddSettled({.aggregates = batch.Aggregates()});
  }
  co_return outcomes;
}

asio::awaitable<absl::StatusOr<int64_t>> Relay::Work::WaitSequenced(
    ledger::v1::EventId id, absl::Time deadline) {
  for (;;) {
    if (is_behind_) {
      co_return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                          "the database is older than the record");
    }
    absl::StatusOr<RelayBatch> batch = co_await FindForWait(id);
    CO_RETURN_IF_ERROR(batch.status());
    if (batch->empty()) co_return kIndexUnknown;
    const bool has_target = batch->rows().back().version == id.version();
    absl::StatusOr<std::vector<EventOutcome>> outcomes =
        co_await SendDirectly(*std::move(batch), deadline);
    if (outcomes.ok()) {
      for (const EventOutcome& outcome : *outcomes) {
        if (outcome.state == EventOutcome::State::kRejected) {
          co_return RejectedAs(outcome.reason);
        }
      }
      const EventOutcome& last = outcomes->back();
      if (last.state == EventOutcome::State::kSequenced) {
        if (has_target) co_return last.index;
        // More predecessors than one call takes: the relay stores the answer
        // meanwhile, and the next round goes on.
      }
    }
    if (absl::Now() + options_.retry_delay >= deadline) {
      co_return MakeError(Reason::DEPENDENCY_UNAVAILABLE,
                          "the ledger has not sequenced the event in time");
    }
    co_await Pause(options_.retry_delay);
  }
}

}  // namespace shiming::outbox

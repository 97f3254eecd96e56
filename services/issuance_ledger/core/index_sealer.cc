#include "services/issuance_ledger/core/index_sealer.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"
#include "ledger/index/index_seal.h"

namespace shiming::issuance_ledger {
namespace {

// How soon a failed attempt is repeated.
constexpr absl::Duration kRetry = absl::Seconds(5);
// How long the event may wait for its turn.
constexpr absl::Duration kPatience = absl::Seconds(10);

}  // namespace

IndexSealer::IndexSealer(Options options)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)),
      wake_(strand_) {}

std::shared_ptr<IndexSealer> IndexSealer::Start(Options options) {
  std::shared_ptr<IndexSealer> sealer(new IndexSealer(std::move(options)));
  asio::co_spawn(
      sealer->strand_,
      [sealer]() -> asio::awaitable<void> { co_await sealer->Loop(); },
      [sealer](const std::exception_ptr&) { sealer->loop_ended_.set_value(); });
  return sealer;
}

void IndexSealer::Stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->stopped_ = true;
    self->wake_.cancel();
  });
  ended_.wait();
}

asio::awaitable<void> IndexSealer::Loop() {
  while (!stopped_) {
    const absl::StatusOr<bool> sealed = co_await SealOnce();
    if (stopped_) break;
    if (sealed.ok() && *sealed) continue;
    const absl::Status& status = sealed.status();
    // Another instance works now, or the log halted: that is told elsewhere.
    if (HasReason(status, Reason::LEDGER_FENCED) ||
        HasReason(status, Reason::SHUTTING_DOWN)) {
      break;
    }
    if (!status.ok()) options_.observer.OnFailure(status);
    wake_.expires_after(
        absl::ToChronoMicroseconds(status.ok() ? options_.plan.look : kRetry));
    co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<absl::StatusOr<bool>> IndexSealer::SealOnce() {
  if (!is_known_) {
    const absl::Status found = co_await FindLast();
    if (!found.ok()) co_return found;
  }
  if (!pending_.has_value()) {
    const absl::Status prepared = co_await Prepare();
    if (!prepared.ok()) co_return prepared;
  }
  if (stopped_) co_return false;
  CO_ASSIGN_OR_RETURN(const int64_t redacted,
                      co_await options_.indexes.RedactFiles(seal_count_));
  if (redacted > 0) options_.observer.OnRedacted(redacted);
  if (!pending_.has_value() || stopped_) co_return false;
  ledger::v1::Event event = pending_->event;
  const absl::Time deadline = absl::Now() + kPatience;
  const absl::Status appended =
      co_await options_.append(std::move(event), deadline);
  if (!appended.ok()) co_return appended;
  sealed_end_ = pending_->end;
  ++seal_count_;
  pending_.reset();
  options_.observer.OnIndexSealed(static_cast<uint64_t>(sealed_end_));
  co_return true;
}

asio::awaitable<absl::Status> IndexSealer::Prepare() {
  CO_ASSIGN_OR_RETURN(const int64_t size, co_await Size());
  const int64_t open = size - sealed_end_;
  if (open < options_.plan.entries) {
    if (open < options_.plan.least_entries) co_return absl::OkStatus();
    CO_ASSIGN_OR_RETURN(const absl::Time first, co_await FirstTime());
    if (options_.clock.Now() - first < options_.plan.age) {
      co_return absl::OkStatus();
    }
  }
  const int64_t end = sealed_end_ + std::min(open, options_.plan.entries);
  CO_ASSIGN_OR_RETURN(
      const ledger::PeriodSeal seal,
      co_await options_.indexes.Make(seal_count_ + 1, sealed_end_, end));
  pending_.emplace();
  pending_->event = ledger::MakeSealEvent(seal, options_.clock.Now());
  pending_->end = end;
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> IndexSealer::FindLast() {
  CO_ASSIGN_OR_RETURN(const int64_t last, co_await options_.indexes.LastSeal());
  seal_count_ = last;
  sealed_end_ = 0;
  if (last > 0) {
    CO_ASSIGN_OR_RETURN(const std::optional<FoundSeal> seal,
                        co_await options_.indexes.FindSeal(last));
    if (!seal.has_value()) {
      co_return MakeError(Reason::INTERNAL_ERROR, "the last seal is missing");
    }
    sealed_end_ = static_cast<int64_t>(seal->seal.end_index);
  }
  is_known_ = true;
  options_.observer.OnIndexSealed(static_cast<uint64_t>(sealed_end_));
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<int64_t>> IndexSealer::Size() {
  auto size = std::make_shared<int64_t>(0);
  LedgerReadFn read = [size](LedgerSnapshot& db) -> absl::Status {
    ASSIGN_OR_RETURN(const ledger::TreeEdge head, db.Head());
    *size = static_cast<int64_t>(head.size());
    return absl::OkStatus();
  };
  const absl::Status status = co_await options_.store.Read(std::move(read));
  if (!status.ok()) co_return status;
  co_return *size;
}

asio::awaitable<absl::StatusOr<absl::Time>> IndexSealer::FirstTime() {
  auto time = std::make_shared<absl::Time>();
  LedgerReadFn read = [time,
                       at = sealed_end_](LedgerSnapshot& db) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries,
                     db.Entries(at, at + 1, 1));
    if (entries.empty()) {
      return MakeError(Reason::INTERNAL_ERROR, "an entry is missing");
    }
    ASSIGN_OR_RETURN(const ledger::v1::Event event,
                     ledger::ParseEntry(entries[0].bytes));
    *time = FromProto(event.time());
    return absl::OkStatus();
  };
  const absl::Status status = co_await options_.store.Read(std::move(read));
  if (!status.ok()) co_return status;
  co_return *time;
}

}  // namespace shiming::issuance_ledger

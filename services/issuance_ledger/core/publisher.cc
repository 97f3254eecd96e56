#include "services/issuance_ledger/core/publisher.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "services/issuance_ledger/core/answer_by.h"
#include "services/issuance_ledger/core/on_executor.h"

namespace shiming::issuance_ledger {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Entries that are read and written at a time.
constexpr int kPage = 1024;

// How long strict mode waits at most before it asks the witnesses again, and
// the other mode before it asks again for a log that does not grow.
constexpr absl::Duration kMostBackoff = absl::Seconds(5);

// True when no later attempt can succeed.
bool IsFatal(const absl::Status& status) {
  return HasReason(status, Reason::LEDGER_FENCED) ||
         HasReason(status, Reason::LEDGER_GUARD_MISMATCH) ||
         HasReason(status, Reason::LEDGER_WITNESS_MISMATCH) ||
         HasReason(status, Reason::LEDGER_PROOF_INVALID) ||
         HasReason(status, Reason::LOST_RACE);
}

}  // namespace

Publisher::Publisher(Options options, RecoveredLog log)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)),
      wake_(strand_),
      edge_(std::move(log.edge)),
      stored_(std::move(log.checkpoint)),
      stored_is_published_(!stored_.has_value() || log.published.has_value()),
      cosigned_(std::move(log.cosigned)),
      not_before_(SteadyClock::now()),
      ask_again_at_(not_before_),
      backoff_(options_.interval),
      published_(std::move(log.published)) {
  if (options_.collector == nullptr || !stored_.has_value()) return;
  quorum_met_ =
      published_.has_value() && options_.collector->QuorumMet(published_->note);
}

std::shared_ptr<Publisher> Publisher::Start(Options options, RecoveredLog log) {
  std::shared_ptr<Publisher> publisher(
      new Publisher(std::move(options), std::move(log)));
  asio::co_spawn(
      publisher->strand_,
      [publisher]() -> asio::awaitable<void> { co_await publisher->Loop(); },
      [publisher](const std::exception_ptr&) {
        publisher->loop_ended_.set_value();
      });
  return publisher;
}

void Publisher::OnGrown(uint64_t size) {
  asio::post(strand_, [self = shared_from_this(), size] {
    self->grown_to_ = std::max(self->grown_to_, size);
    self->wake_.cancel();
  });
}

void Publisher::Stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->stopped_ = true;
    if (self->options_.collector != nullptr) self->options_.collector->Cancel();
    self->wake_.cancel();
    self->WakeWaiters();
  });
  ended_.wait();
}

std::optional<StoredCheckpoint> Publisher::Latest() const {
  std::lock_guard lock(mutex_);
  return published_;
}

absl::Status Publisher::halted() const {
  std::lock_guard lock(mutex_);
  return halted_;
}

asio::awaitable<absl::StatusOr<StoredCheckpoint>> Publisher::WaitCovering(
    int64_t index, absl::Time deadline) {
  std::optional<StoredCheckpoint> latest = Latest();
  if (latest.has_value() && latest->size > index) co_return *latest;
  const auto self = shared_from_this();
  co_return co_await asio::co_spawn(strand_, WaitOnStrand(index, deadline),
                                    asio::use_awaitable);
}

asio::awaitable<absl::StatusOr<StoredCheckpoint>> Publisher::WaitOnStrand(
    int64_t index, absl::Time deadline) {
  const SteadyClock::time_point expiry = AnswerBy(deadline);
  asio::steady_timer timer(strand_);
  while (true) {
    std::optional<StoredCheckpoint> latest = Latest();
    if (latest.has_value() && latest->size > index) co_return *latest;
    if (stopped_) {
      co_return MakeError(Reason::SHUTTING_DOWN, "the ledger is stopping");
    }
    if (SteadyClock::now() >= expiry) {
      co_return MakeError(Reason::LEDGER_UNPUBLISHED,
                          "no checkpoint covers the entry yet",
                          {.retry_delay = options_.interval});
    }
    timer.expires_at(expiry);
    const auto place = waiters_.insert(waiters_.end(), &timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    waiters_.erase(place);
  }
}

std::optional<SteadyClock::time_point> Publisher::DueAt() const {
  if (kept_back_) return ask_again_at_;
  const uint64_t stored_size = stored_.has_value() ? stored_->size : 0;
  if (!stored_is_published_ || grown_to_ > stored_size) return not_before_;
  if (!quorum_met_) return ask_again_at_;
  return std::nullopt;
}

void Publisher::Schedule(const absl::Status& attempt) {
  const bool short_of_witnesses =
      HasReason(attempt, Reason::LEDGER_QUORUM_NOT_MET) || !quorum_met_;
  ask_again_at_ = SteadyClock::now() + absl::ToChronoMicroseconds(backoff_);
  backoff_ = short_of_witnesses ? std::min(2 * backoff_, kMostBackoff)
                                : options_.interval;
}

asio::awaitable<void> Publisher::Loop() {
  const auto interval = absl::ToChronoMicroseconds(options_.interval);
  while (!stopped_) {
    const std::optional<SteadyClock::time_point> due = DueAt();
    if (!due.has_value() || SteadyClock::now() < *due) {
      wake_.expires_at(due.value_or(SteadyClock::time_point::max()));
      co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    not_before_ = SteadyClock::now() + interval;
    const absl::Status published = co_await PublishOnce();
    Schedule(published);
    if (published.ok()) continue;
    if (IsFatal(published)) {
      stopped_ = true;
      {
        std::lock_guard lock(mutex_);
        halted_ = published;
      }
      WakeWaiters();
      options_.observer.OnHalted(published);
    } else if (!stopped_) {
      options_.observer.OnFailure(published);
    }
  }
}

asio::awaitable<absl::Status> Publisher::PublishOnce() {
  // A checkpoint that is in the database comes first: nothing else may, but a
  // larger one in strict mode, when witnesses keep this one back.
  CO_RETURN_IF_ERROR(co_await SettleAttempt());
  if (!stored_is_published_ && !kept_back_) {
    CO_RETURN_IF_ERROR(co_await FinishStored());
  }
  CO_ASSIGN_OR_RETURN(const ledger::TreeEdge head, co_await ReadHead());
  if (head.size() <= edge_.size()) {
    if (stored_is_published_ && quorum_met_) co_return absl::OkStatus();
    co_return co_await FinishStored();
  }
  grown_to_ = std::max(grown_to_, head.size());

  // Tiles and bundles up to this head, durable before anything names them.
  LogEdge edge = edge_;
  std::vector<ledger::TileId> filled;
  while (edge.size() < head.size()) {
    CO_RETURN_IF_ERROR(co_await WriteGrowth(&edge, head.size(), &filled));
  }
  CO_ASSIGN_OR_RETURN(std::vector<TileFile> partials, edge.Partials());
  CO_RETURN_IF_ERROR(co_await WriteFiles(std::move(partials)));
  CO_RETURN_IF_ERROR(After(PublishStep::kTilesWritten));

  // Two independent ways to the same root, or nothing is signed.
  if (edge.Root() != head.Root()) {
    co_return MakeError(Reason::LEDGER_PROOF_INVALID,
                        "the entries do not give the head's root");
  }
  const std::string text =
      ledger::FormatCheckpoint({.origin = options_.signer.name(),
                                .size = head.size(),
                                .root = edge.Root()});
  CO_ASSIGN_OR_RETURN(const std::string line,
                      options_.signer.SignLine(text, options_.clock.Now()));
  const StoredCheckpoint checkpoint{.size = static_cast<int64_t>(head.size()),
                                    .root = edge.Root(),
                                    .note = ledger::JoinNote(text, line)};
  CO_RETURN_IF_ERROR(After(PublishStep::kSigned));

  // One writer wins; before this nobody has seen the signature.
  CO_RETURN_IF_ERROR(co_await Store(std::move(edge), checkpoint));
  filled_.insert(filled_.end(), filled.begin(), filled.end());
  CO_RETURN_IF_ERROR(After(PublishStep::kStored));

  co_return co_await FinishStored();
}

asio::awaitable<absl::StatusOr<ledger::TreeEdge>> Publisher::ReadHead() {
  ledger::TreeEdge head;
  CO_RETURN_IF_ERROR(co_await options_.store.Read([&head](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(head, db.Head());
    return absl::OkStatus();
  }));
  co_return head;
}

asio::awaitable<absl::Status> Publisher::WriteGrowth(
    LogEdge* edge, uint64_t end, std::vector<ledger::TileId>* full) {
  std::vector<StoredEntry> page;
  const int64_t begin = static_cast<int64_t>(edge->size());
  CO_RETURN_IF_ERROR(co_await options_.store.Read([&](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(page, db.Entries(begin, static_cast<int64_t>(end), kPage));
    return absl::OkStatus();
  }));
  if (page.empty()) {
    co_return MakeError(Reason::LEDGER_PROOF_INVALID, "an entry is missing");
  }
  std::vector<TileFile> filled;
  for (StoredEntry& entry : page) {
    if (entry.index != static_cast<int64_t>(edge->size())) {
      co_return MakeError(Reason::LEDGER_PROOF_INVALID, "an entry is missing");
    }
    CO_RETURN_IF_ERROR(edge->Append(std::move(entry.bytes), &filled));
  }
  for (const auto& [id, bytes] : filled) full->push_back(id);
  co_return co_await WriteFiles(std::move(filled));
}

asio::awaitable<absl::Status> Publisher::WriteFiles(
    std::vector<TileFile> files) {
  std::function<absl::Status()> write = [this, files = std::move(files)] {
    for (const auto& [id, bytes] : files) {
      RETURN_IF_ERROR(options_.files.Write(id, bytes));
    }
    return absl::OkStatus();
  };
  co_return co_await OnFiles(std::move(write));
}

asio::awaitable<absl::Status> Publisher::OnFiles(
    std::function<absl::Status()> fn) {
  return OnExecutor(options_.file_executor, std::move(fn));
}

asio::awaitable<absl::Status> Publisher::Store(LogEdge edge,
                                               StoredCheckpoint checkpoint) {
  std::optional<int64_t> old_size;
  if (stored_.has_value()) old_size = stored_->size;
  attempt_.emplace(std::move(edge), checkpoint);
  LedgerWriteFn put = [epoch = options_.epoch, checkpoint,
                       old_size](LedgerTransaction& tx) {
    RETURN_IF_ERROR(tx.Fence(epoch));
    return tx.PutCheckpoint(checkpoint, old_size);
  };
  CO_RETURN_IF_ERROR(co_await options_.store.Write(std::move(put)));
  TakeAttempt();
  co_return absl::OkStatus();
}

void Publisher::TakeAttempt() {
  edge_ = std::move(attempt_->first);
  stored_ = std::move(attempt_->second);
  stored_is_published_ = false;
  kept_back_ = false;
  cosigned_ = stored_->note;
  attempt_.reset();
}

// After an answer to Store that was not a clean yes, the database says what
// happened.
asio::awaitable<absl::Status> Publisher::SettleAttempt() {
  if (!attempt_.has_value()) co_return absl::OkStatus();
  std::optional<StoredCheckpoint> last;
  CO_RETURN_IF_ERROR(co_await options_.store.Read([&last](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(last, db.LastCheckpoint());
    return absl::OkStatus();
  }));
  if (last.has_value() && last->note == attempt_->second.note) {
    TakeAttempt();
  } else {
    attempt_.reset();
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> Publisher::FinishStored() {
  if (!stored_is_published_) {
    const ledger::Checkpoint guard{.origin = options_.signer.name(),
                                   .size = static_cast<uint64_t>(stored_->size),
                                   .root = stored_->root};
    std::function<absl::Status()> write_guard = [this, guard] {
      return options_.files.WriteGuard(guard);
    };
    CO_RETURN_IF_ERROR(co_await OnFiles(std::move(write_guard)));
    CO_RETURN_IF_ERROR(After(PublishStep::kGuarded));
  }
  CO_RETURN_IF_ERROR(co_await Cosign());
  CO_RETURN_IF_ERROR(After(PublishStep::kCosigned));
  co_return co_await Publish();
}

asio::awaitable<absl::Status> Publisher::Cosign() {
  if (options_.collector == nullptr) co_return absl::OkStatus();
  SignedTree tree;
  tree.checkpoint.origin = options_.signer.name();
  tree.checkpoint.size = static_cast<uint64_t>(stored_->size);
  tree.checkpoint.root = stored_->root;
  tree.note = cosigned_;
  CosignatureCollector::Round round =
      co_await options_.collector->Collect(std::move(tree));
  if (stopped_) {
    co_return MakeError(Reason::SHUTTING_DOWN, "the ledger is stopping");
  }
  CO_RETURN_IF_ERROR(round.forked);
  cosigned_ = std::move(round.note);
  quorum_met_ = round.quorum_met;
  kept_back_ =
      options_.collector->strict() && !quorum_met_ && !stored_is_published_;
  if (kept_back_) {
    co_return MakeError(Reason::LEDGER_QUORUM_NOT_MET,
                        "too few witnesses have cosigned");
  }
  // Asking took time: another instance may have taken the log over meanwhile.
  std::optional<StoredCheckpoint> last;
  CO_RETURN_IF_ERROR(co_await options_.store.Read([&last](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(last, db.LastCheckpoint());
    return absl::OkStatus();
  }));
  if (!last.has_value() || last->note != stored_->note) {
    co_return MakeError(Reason::LEDGER_FENCED,
                        "another instance has stored a checkpoint");
  }
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> Publisher::Publish() {
  StoredCheckpoint checkpoint = *stored_;
  checkpoint.note = cosigned_;
  const std::optional<StoredCheckpoint> latest = Latest();
  // Nobody has added anything to what is out already.
  if (latest.has_value() && latest->note == checkpoint.note) {
    co_return absl::OkStatus();
  }
  std::function<absl::Status()> publish = [this, note = checkpoint.note] {
    return options_.files.Publish(note);
  };
  CO_RETURN_IF_ERROR(co_await OnFiles(std::move(publish)));
  stored_is_published_ = true;
  Announce(checkpoint);
  CO_RETURN_IF_ERROR(After(PublishStep::kPublished));
  // The full tiles are published: their partials may go.
  std::function<absl::Status()> remove = [this, filled = std::move(filled_)] {
    for (const ledger::TileId& id : filled) options_.files.RemovePartials(id);
    return absl::OkStatus();
  };
  filled_.clear();
  co_return co_await OnFiles(std::move(remove));
}

absl::Status Publisher::After(PublishStep step) const {
  if (options_.after_step == nullptr) return absl::OkStatus();
  return options_.after_step(step);
}

void Publisher::Announce(const StoredCheckpoint& checkpoint) {
  {
    std::lock_guard lock(mutex_);
    published_ = checkpoint;
  }
  options_.observer.OnPublished(checkpoint.size, options_.clock.Now());
  WakeWaiters();
}

void Publisher::WakeWaiters() {
  for (asio::steady_timer* timer : waiters_) timer->cancel();
}

}  // namespace shiming::issuance_ledger

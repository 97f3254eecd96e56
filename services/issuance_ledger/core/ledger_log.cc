#include "services/issuance_ledger/core/ledger_log.h"

#include <memory>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/log_list.h"
#include "services/issuance_ledger/core/on_executor.h"
#include "services/issuance_ledger/core/recovery.h"
#include "services/issuance_ledger/core/witness_check.h"

namespace shiming::issuance_ledger {
namespace {

absl::Status LogEnded() {
  return MakeError(Reason::LEDGER_LOG_ENDED, "the log is frozen");
}

// Entries of an older version that get their terms in one transaction: with at
// most 11 rows each, about 500 rows (portable SQL's limit).
constexpr int64_t kIndexStep = 50;

absl::Status IndexOldEntries(LedgerStore& store, int64_t epoch) {
  int64_t left = 1;
  while (left > 0) {
    RETURN_IF_ERROR(store.WriteBlocking([&](LedgerTransaction& tx) {
      RETURN_IF_ERROR(tx.Fence(epoch));
      ASSIGN_OR_RETURN(left, tx.IndexEntries(kIndexStep));
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

// An event of our own.
asio::awaitable<absl::Status> AppendOwn(std::shared_ptr<Sequencer> sequencer,
                                        ledger::v1::Event event,
                                        absl::Time deadline) {
  std::vector<absl::StatusOr<Candidate>> candidates;
  candidates.push_back(Inspect(ledger::SerializeEvent(event), kLedgerSource));
  CO_ASSIGN_OR_RETURN(
      const std::vector<Verdict> verdicts,
      co_await sequencer->Append(std::move(candidates), deadline));
  if (verdicts[0].state != Verdict::State::kSequenced) {
    co_return MakeError(verdicts[0].reason, "our own event was not accepted");
  }
  co_return absl::OkStatus();
}

// Runs a read whose result is a value.
template <class T>
asio::awaitable<absl::StatusOr<T>> ReadValue(
    LedgerStore& store, std::function<absl::StatusOr<T>(LedgerSnapshot&)> fn) {
  auto value = std::make_shared<T>();
  LedgerReadFn read_value = [fn = std::move(fn), value](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(*value, fn(db));
    return absl::OkStatus();
  };
  const absl::Status read = co_await store.Read(std::move(read_value));
  if (!read.ok()) co_return read;
  co_return std::move(*value);
}

}  // namespace

LedgerLog::LedgerLog(Options options)
    : options_(std::move(options)),
      receipts_(options_.files.Reader()),
      indexes_({.file_executor = options_.file_executor,
                .store = options_.store,
                .files = options_.files}),
      prover_({.file_executor = options_.file_executor,
               .store = options_.store,
               .indexes = indexes_,
               .receipts = receipts_}) {}

absl::StatusOr<std::unique_ptr<LedgerLog>> LedgerLog::Open(Options options) {
  std::unique_ptr<LedgerLog> log(new LedgerLog(std::move(options)));
  const Options& o = log->options_;
  const std::string& origin = o.signer.name();
  ASSIGN_OR_RETURN(const int64_t epoch, TakeLease(o.store, o.clock, o.holder));
  ASSIGN_OR_RETURN(RecoveredLog recovered,
                   RecoverLog(o.store, o.files, origin));
  RETURN_IF_ERROR(log->AskWitnesses(recovered));
  RETURN_IF_ERROR(IndexOldEntries(o.store, epoch));
  RETURN_IF_ERROR(
      OpenLog(o.store, epoch, o.clock, origin, o.pseudonym_key_commitment));
  if (o.freeze) {
    RETURN_IF_ERROR(FreezeLog(o.store, epoch, o.clock, origin));
  }
  uint64_t size = 0;
  std::vector<FrozenLog> earlier;
  RETURN_IF_ERROR(o.store.ReadBlocking([&](LedgerSnapshot& db) {
    ASSIGN_OR_RETURN(const ledger::TreeEdge head, db.Head());
    size = head.size();
    log->base_ = db.base();
    earlier = db.earlier();
    ASSIGN_OR_RETURN(log->is_frozen_, db.IsFrozen());
    return absl::OkStatus();
  }));
  if (log->is_frozen_ && !o.freeze) {
    return MakeError(Reason::LEDGER_LOG_ENDED,
                     "the log is frozen; the next one needs another origin");
  }
  if (log->is_frozen_) o.observer.OnFrozen();
  ASSIGN_OR_RETURN(log->earlier_,
                   EarlierLogs::Open(earlier, o.earlier_folders));
  RETURN_IF_ERROR(log->PublishList(earlier));
  if (recovered.published.has_value()) {
    o.observer.OnPublished(recovered.published->size, o.clock.Now());
  }
  log->publisher_ = Publisher::Start({.executor = o.executor,
                                      .file_executor = o.file_executor,
                                      .store = o.store,
                                      .files = o.files,
                                      .observer = o.observer,
                                      .clock = o.clock,
                                      .signer = o.signer,
                                      .epoch = epoch,
                                      .interval = o.checkpoint_interval,
                                      .collector = log->collector_,
                                      .after_step = o.after_step},
                                     std::move(recovered));
  log->publisher_->OnGrown(size);
  o.observer.OnGrown(size);
  log->sequencer_ = Sequencer::Start(
      {.executor = o.executor,
       .store = o.store,
       .observer = o.observer,
       .epoch = epoch,
       .on_grown =
           [publisher = log->publisher_,
            &observer = o.observer](uint64_t grown_to) {
             publisher->OnGrown(grown_to);
             observer.OnGrown(grown_to);
           },
       .may_append = [publisher =
                          log->publisher_] { return publisher->halted(); }});
  const auto append_own = [sequencer = log->sequencer_](ledger::v1::Event event,
                                                        absl::Time deadline) {
    return AppendOwn(sequencer, std::move(event), deadline);
  };
  log->audit_reads_ = AuditRecorder::Start({.executor = o.executor,
                                            .clock = o.clock,
                                            .random = o.random,
                                            .append = append_own});
  if (o.sealing.has_value() && !log->is_frozen_) {
    log->sealer_ = IndexSealer::Start({.executor = o.executor,
                                       .store = o.store,
                                       .indexes = log->indexes_,
                                       .observer = o.observer,
                                       .clock = o.clock,
                                       .append = append_own,
                                       .plan = *o.sealing});
  }
  log->lease_ = LeaseKeeper::Start(
      {.executor = o.executor,
       .store = o.store,
       .clock = o.clock,
       .holder = o.holder,
       .epoch = epoch,
       .on_lost = [&observer = o.observer] {
         observer.OnHalted(
             MakeError(Reason::LEDGER_FENCED, "another took the lease"));
       }});
  return log;
}

absl::Status LedgerLog::PublishList(const std::vector<FrozenLog>& earlier) {
  ledger::LogList list{.open_origin = options_.signer.name()};
  for (const FrozenLog& log : earlier) {
    list.frozen.push_back({.origin = log.origin,
                           .size = static_cast<uint64_t>(log.size),
                           .root = log.root});
  }
  ASSIGN_OR_RETURN(
      const std::string note,
      ledger::SignLogList(list, options_.signer, options_.clock.Now()));
  return options_.files.PublishList(note);
}

absl::Status LedgerLog::AskWitnesses(RecoveredLog& recovered) {
  if (!options_.cosigning.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(ledger::NoteVerifier log_key,
                   ledger::NoteVerifier::Parse(options_.signer.vkey()));
  collector_ =
      CosignatureCollector::Create({.executor = options_.executor,
                                    .file_executor = options_.file_executor,
                                    .plan = *options_.cosigning,
                                    .log_key = std::move(log_key),
                                    .files = options_.files.Reader(),
                                    .observer = *options_.cosigning_observer,
                                    .clock = options_.clock});
  ASSIGN_OR_RETURN(const std::string cosigned,
                   CheckWitnesses(*collector_, options_.signer,
                                  options_.executor, recovered.checkpoint));
  const bool published_is_enough =
      recovered.published.has_value() &&
      collector_->QuorumMet(recovered.published->note);
  if (!published_is_enough) recovered.cosigned = cosigned;
  return absl::OkStatus();
}

LedgerLog::~LedgerLog() { Stop(); }

void LedgerLog::Stop() {
  if (audit_reads_ != nullptr) audit_reads_->Stop();
  if (sealer_ != nullptr) sealer_->Stop();
  if (lease_ != nullptr) lease_->Stop();
  if (sequencer_ != nullptr) sequencer_->Stop();
  if (publisher_ != nullptr) publisher_->Stop();
}

asio::awaitable<absl::StatusOr<std::vector<Verdict>>> LedgerLog::Append(
    std::vector<std::string> entries, std::string source, absl::Time deadline) {
  std::vector<absl::StatusOr<Candidate>> candidates;
  candidates.reserve(entries.size());
  for (std::string& entry : entries) {
    candidates.push_back(Inspect(std::move(entry), source));
  }
  if (is_frozen_) co_return LogEnded();
  co_return co_await sequencer_->Append(std::move(candidates), deadline);
}

asio::awaitable<absl::Status> LedgerLog::RecordAuditRead(std::string auditor,
                                                         AuditRead read,
                                                         absl::Time deadline) {
  if (is_frozen_) co_return LogEnded();
  co_return co_await audit_reads_->Record(std::move(auditor), std::move(read),
                                          deadline);
}

std::optional<StoredCheckpoint> LedgerLog::Checkpoint() const {
  return publisher_->Latest();
}

size_t LedgerLog::CheckpointBytes() const {
  const std::optional<StoredCheckpoint> latest = Checkpoint();
  return latest.has_value() ? latest->note.size() : 0;
}

asio::awaitable<absl::StatusOr<StoredCheckpoint>> LedgerLog::WaitCovering(
    int64_t index, absl::Time deadline) {
  return publisher_->WaitCovering(index, deadline);
}

asio::awaitable<absl::StatusOr<int64_t>> LedgerLog::Size() {
  return ReadValue<int64_t>(
      options_.store, [](LedgerSnapshot& db) -> absl::StatusOr<int64_t> {
        ASSIGN_OR_RETURN(const ledger::TreeEdge head, db.Head());
        return static_cast<int64_t>(head.size());
      });
}

asio::awaitable<absl::StatusOr<std::vector<EntryPlace>>> LedgerLog::EntriesOf(
    std::string source, int64_t after, int limit) {
  return ReadValue<std::vector<EntryPlace>>(
      options_.store,
      [source = std::move(source), after, limit](LedgerSnapshot& db) {
        return db.EntriesOf(source, after, limit);
      });
}

asio::awaitable<absl::StatusOr<EntryRef>> LedgerLog::FindEntry(
    ledger::v1::EventId id) {
  return ReadValue<EntryRef>(
      options_.store,
      [id = std::move(id)](LedgerSnapshot& db) -> absl::StatusOr<EntryRef> {
        ASSIGN_OR_RETURN(const std::optional<EntryRef> entry, db.FindEntry(id));
        if (!entry.has_value()) {
          return MakeError(Reason::NOT_FOUND, "no such entry");
        }
        return *entry;
      });
}

asio::awaitable<absl::StatusOr<StoredEntry>> LedgerLog::EntryAt(int64_t index) {
  return ReadValue<StoredEntry>(
      options_.store,
      [index](LedgerSnapshot& db) -> absl::StatusOr<StoredEntry> {
        if (index < 0) return MakeError(Reason::NOT_FOUND, "no such entry");
        ASSIGN_OR_RETURN(std::vector<StoredEntry> entries,
                         db.Entries(index, index + 1, 1));
        if (entries.empty()) {
          return MakeError(Reason::NOT_FOUND, "no such entry");
        }
        return std::move(entries[0]);
      });
}

asio::awaitable<absl::StatusOr<EntryScan>> LedgerLog::Query(EntryQuery query,
                                                            ScanRange range) {
  return ReadValue<EntryScan>(
      options_.store, [query = std::move(query), range](LedgerSnapshot& db) {
        return db.Query(query, range);
      });
}

asio::awaitable<absl::StatusOr<std::vector<std::string>>> LedgerLog::GetProofs(
    std::vector<StoredEntry> entries, absl::Time deadline) {
  if (entries.empty()) co_return std::vector<std::string>();
  CO_ASSIGN_OR_RETURN(
      const StoredCheckpoint checkpoint,
      co_await publisher_->WaitCovering(entries.back().index, deadline));
  std::function<absl::StatusOr<std::vector<std::string>>()> make =
      [this, entries = std::move(entries), checkpoint] {
        return receipts_.MakeProofs(entries, checkpoint);
      };
  co_return co_await OnExecutor(options_.file_executor, std::move(make));
}

asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> LedgerLog::GetReceipt(
    int64_t index, absl::Time deadline) {
  const std::optional<StoredCheckpoint> latest = Checkpoint();
  const bool is_published =
      index >= 0 && latest.has_value() && index < latest->size;
  // Nobody waits for an entry that is not there.
  if (!is_published) {
    CO_RETURN_IF_ERROR((co_await EntryAt(index)).status());
  }
  CO_ASSIGN_OR_RETURN(const StoredCheckpoint checkpoint,
                      co_await publisher_->WaitCovering(index, deadline));
  std::function<absl::StatusOr<ledger::v1::Receipt>()> make = [this, index,
                                                               checkpoint] {
    return receipts_.MakeReceipt(index, checkpoint);
  };
  co_return co_await OnExecutor(options_.file_executor, std::move(make));
}

asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> LedgerLog::GetReceiptOf(
    ledger::v1::EventId id, absl::Time deadline) {
  std::function<absl::StatusOr<EntryPlace>(LedgerSnapshot&)> locate =
      [id](LedgerSnapshot& db) -> absl::StatusOr<EntryPlace> {
    ASSIGN_OR_RETURN(std::optional<EntryPlace> place, db.Locate(id));
    if (!place.has_value()) {
      return MakeError(Reason::NOT_FOUND, "no such entry");
    }
    return *std::move(place);
  };
  CO_ASSIGN_OR_RETURN(
      const EntryPlace place,
      co_await ReadValue<EntryPlace>(options_.store, std::move(locate)));
  if (place.position >= base_) {
    co_return co_await GetReceipt(place.position - base_, deadline);
  }
  std::function<absl::StatusOr<ledger::v1::Receipt>()> make =
      [this, position = place.position] {
        return earlier_.GetReceipt(position);
      };
  co_return co_await OnExecutor(options_.file_executor, std::move(make));
}

asio::awaitable<absl::StatusOr<ProvenPage>> LedgerLog::Prove(
    ledger::v1::IndexQuestion question, int64_t tree_size, ProofPlace place) {
  const std::optional<StoredCheckpoint> latest = Checkpoint();
  const int64_t available = latest.has_value() ? latest->size : 0;
  if (tree_size > available) {
    co_return MakeError(Reason::LEDGER_INDEX_OUT_OF_RANGE,
                        "tree_size is above the latest checkpoint's");
  }
  co_return co_await prover_.Prove(std::move(question), tree_size, available,
                                   place);
}

asio::awaitable<absl::StatusOr<std::vector<ledger::Hash>>>
LedgerLog::InclusionProof(uint64_t index, uint64_t tree_size) {
  const std::optional<StoredCheckpoint> latest = Checkpoint();
  const uint64_t available = latest.has_value() ? latest->size : 0;
  std::function<absl::StatusOr<std::vector<ledger::Hash>>()> make =
      [this, index, tree_size, available] {
        return receipts_.InclusionProof(index, tree_size, available);
      };
  co_return co_await OnExecutor(options_.file_executor, std::move(make));
}

asio::awaitable<absl::StatusOr<std::vector<ledger::Hash>>>
LedgerLog::ConsistencyProof(uint64_t old_size, uint64_t new_size) {
  const std::optional<StoredCheckpoint> latest = Checkpoint();
  const uint64_t available = latest.has_value() ? latest->size : 0;
  std::function<absl::StatusOr<std::vector<ledger::Hash>>()> make =
      [this, old_size, new_size, available] {
        return receipts_.ConsistencyProof(old_size, new_size, available);
      };
  co_return co_await OnExecutor(options_.file_executor, std::move(make));
}

}  // namespace shiming::issuance_ledger

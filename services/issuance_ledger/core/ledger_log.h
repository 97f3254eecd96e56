// One log at work: recovery, lease, sequencer, publisher and proofs together.
// What the gRPC services call.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_LOG_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_LOG_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "common/time/clock.h"
#include "ledger/hasher.h"
#include "ledger/note.h"
#include "services/issuance_ledger/core/acceptance.h"
#include "services/issuance_ledger/core/audit_recorder.h"
#include "services/issuance_ledger/core/cosignature_collector.h"
#include "services/issuance_ledger/core/cosigning_observer.h"
#include "services/issuance_ledger/core/earlier_logs.h"
#include "services/issuance_ledger/core/entry_prover.h"
#include "services/issuance_ledger/core/index_sealer.h"
#include "services/issuance_ledger/core/index_store.h"
#include "services/issuance_ledger/core/lease_keeper.h"
#include "services/issuance_ledger/core/ledger_observer.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/core/log_files.h"
#include "services/issuance_ledger/core/publisher.h"
#include "services/issuance_ledger/core/receipt_maker.h"
#include "services/issuance_ledger/core/recovery.h"
#include "services/issuance_ledger/core/sequencer.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// Thread-safe. Deadlines are real time.
class LedgerLog {
 public:
  struct Options {
    asio::any_io_executor executor;
    // May block on the disk.
    asio::any_io_executor file_executor;
    LedgerStore& store;
    LogFiles& files;
    LedgerObserver& observer;
    const Clock& clock;
    crypto::Random& random;
    ledger::NoteSigner signer;             // its name is the log's origin
    std::string holder;                    // of the lease
    std::string pseudonym_key_commitment;  // 32 bytes
    absl::Duration checkpoint_interval = absl::Seconds(1);
    // End the log: LOG_FROZEN is its last entry, and what is served is read.
    bool freeze = false;
    // Folders of the logs before it, for receipts; see EarlierLogs::Open.
    std::vector<std::string> earlier_folders = {};
    // When indexes are sealed; nullopt: never.
    std::optional<SealPlan> sealing = std::nullopt;
    // Whom to ask for cosignatures; nullopt: there are no witnesses. With it
    // goes who is told of them, not null.
    std::optional<CosigningPlan> cosigning = std::nullopt;
    CosigningObserver* cosigning_observer = nullptr;
    // See Publisher::Options.
    std::function<absl::Status(PublishStep)> after_step = nullptr;
  };

  // Takes the lease, recovers, asks the witnesses, opens and starts the log.
  // Blocks; for start-up. LEDGER_FENCED, LEDGER_GUARD_MISMATCH,
  // LEDGER_WITNESS_MISMATCH, FAILED_PRECONDITION; see lease_keeper.h,
  // recovery.h, witness_check.h; LEDGER_LOG_ENDED for a frozen log that is not
  // to be frozen, errors of EarlierLogs::Open. In strict mode
  // LEDGER_QUORUM_NOT_MET, to be tried again.
  static absl::StatusOr<std::unique_ptr<LedgerLog>> Open(Options options);
  // Stops.
  ~LedgerLog();
  LedgerLog(const LedgerLog&) = delete;
  LedgerLog& operator=(const LedgerLog&) = delete;

  // Names the reads that are not on the record by name yet, ends the loops and
  // waits for them; see Sequencer::Stop.
  void Stop();

  // Finished entries of one source; see Sequencer::Append.
  asio::awaitable<absl::StatusOr<std::vector<Verdict>>> Append(
      std::vector<std::string> entries, std::string source,
      absl::Time deadline);

  // Puts on the record that an auditor reads; see AuditRecorder::Record.
  asio::awaitable<absl::Status> RecordAuditRead(std::string auditor,
                                                AuditRead read,
                                                absl::Time deadline);

  // The published checkpoint; nullopt before the first.
  std::optional<StoredCheckpoint> Checkpoint() const;
  // Length of its note; 0 before the first.
  size_t CheckpointBytes() const;
  // See Publisher::WaitCovering.
  asio::awaitable<absl::StatusOr<StoredCheckpoint>> WaitCovering(
      int64_t index, absl::Time deadline);
  // Entries that are sequenced.
  asio::awaitable<absl::StatusOr<int64_t>> Size();

  // See LedgerSnapshot::EntriesOf: by position.
  asio::awaitable<absl::StatusOr<std::vector<EntryPlace>>> EntriesOf(
      std::string source, int64_t after, int limit);
  // NOT_FOUND when it was never sequenced in this log.
  asio::awaitable<absl::StatusOr<EntryRef>> FindEntry(ledger::v1::EventId id);
  // NOT_FOUND when it was never sequenced.
  asio::awaitable<absl::StatusOr<StoredEntry>> EntryAt(int64_t index);
  // See LedgerSnapshot::Query.
  asio::awaitable<absl::StatusOr<EntryScan>> Query(EntryQuery query,
                                                   ScanRange range);
  // Proofs of `entries`, which are in order of index, as C2SP tlog-proofs;
  // waits for a checkpoint that covers them. Errors as GetReceipt.
  asio::awaitable<absl::StatusOr<std::vector<std::string>>> GetProofs(
      std::vector<StoredEntry> entries, absl::Time deadline);

  // A page of a proof at a published size; see EntryProver::Prove.
  // LEDGER_INDEX_OUT_OF_RANGE above the latest checkpoint's.
  asio::awaitable<absl::StatusOr<ProvenPage>> Prove(
      ledger::v1::IndexQuestion question, int64_t tree_size, ProofPlace place);

  // The receipt of the entry at `index`; waits for a checkpoint that covers
  // it. NOT_FOUND, LEDGER_UNPUBLISHED, LEDGER_PROOF_INVALID.
  asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> GetReceipt(
      int64_t index, absl::Time deadline);

  // The receipt of an event in this log or one before it; else as GetReceipt
  // and EarlierLogs::GetReceipt.
  asio::awaitable<absl::StatusOr<ledger::v1::Receipt>> GetReceiptOf(
      ledger::v1::EventId id, absl::Time deadline);

  // See ReceiptMaker; at the published checkpoint.
  asio::awaitable<absl::StatusOr<std::vector<ledger::Hash>>> InclusionProof(
      uint64_t index, uint64_t tree_size);
  asio::awaitable<absl::StatusOr<std::vector<ledger::Hash>>> ConsistencyProof(
      uint64_t old_size, uint64_t new_size);

 private:
  explicit LedgerLog(Options options);
  absl::Status AskWitnesses(RecoveredLog& recovered);
  absl::Status PublishList(const std::vector<FrozenLog>& earlier);

  const Options options_;
  int64_t base_ = 0;
  bool is_frozen_ = false;
  EarlierLogs earlier_;
  ReceiptMaker receipts_;
  IndexStore indexes_;
  EntryProver prover_;
  std::shared_ptr<CosignatureCollector> collector_;
  std::shared_ptr<Publisher> publisher_;
  std::shared_ptr<Sequencer> sequencer_;
  std::shared_ptr<LeaseKeeper> lease_;
  std::shared_ptr<AuditRecorder> audit_reads_;
  std::shared_ptr<IndexSealer> sealer_;  // null: never seals
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_LOG_H_

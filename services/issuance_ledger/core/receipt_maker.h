// Proofs and receipts out of the log's files.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_RECEIPT_MAKER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_RECEIPT_MAKER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "ledger/hasher.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// All methods block on the disk and are thread-safe. `available` is the size
// of a published checkpoint: its tiles are there.
class ReceiptMaker {
 public:
  explicit ReceiptMaker(ledger::FileReader files) : files_(std::move(files)) {}

  // RFC 6962 section 2.1.1. LEDGER_INDEX_OUT_OF_RANGE unless index < size <=
  // available.
  absl::StatusOr<std::vector<ledger::Hash>> InclusionProof(
      uint64_t index, uint64_t size, uint64_t available) const;

  // The same of several entries, in their order.
  absl::StatusOr<std::vector<std::vector<ledger::Hash>>> InclusionProofs(
      std::span<const int64_t> indexes, uint64_t size,
      uint64_t available) const;

  // RFC 6962 section 2.1.2; empty from size 0. LEDGER_INDEX_OUT_OF_RANGE
  // unless old_size <= new_size <= available.
  absl::StatusOr<std::vector<ledger::Hash>> ConsistencyProof(
      uint64_t old_size, uint64_t new_size, uint64_t available) const;

  // The proof of each of `entries` at `checkpoint`, which covers them: texts of
  // C2SP tlog-proofs, in their order. Checked before they are given out:
  // LEDGER_PROOF_INVALID when files and database disagree.
  absl::StatusOr<std::vector<std::string>> MakeProofs(
      std::span<const StoredEntry> entries,
      const StoredCheckpoint& checkpoint) const;

  // The receipt of the entry at `index`, which is read out of the files too, at
  // `checkpoint`. LEDGER_INDEX_OUT_OF_RANGE unless that covers it. Checked
  // before it is given out: LEDGER_PROOF_INVALID when the files are not what
  // the checkpoint was made of.
  absl::StatusOr<ledger::v1::Receipt> MakeReceipt(
      int64_t index, const StoredCheckpoint& checkpoint) const;

 private:
  ledger::SubtreeReader Subtrees(uint64_t available) const;

  ledger::FileReader files_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_RECEIPT_MAKER_H_

// Answers ProveEntries: which entries of the sealed periods have a token in a
// range, with the parts of the sealed indexes and the inclusion proofs that
// show that there are no others (docs/formats/ledger_index.md).
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ENTRY_PROVER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ENTRY_PROVER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/index/sealed_index.h"
#include "services/issuance_ledger/core/index_store.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/core/receipt_maker.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// Where a page of a proof begins.
struct ProofPlace {
  int64_t seal = 1;
  int64_t leaf = 0;
};

// A page of a proof.
struct ProvenPage {
  std::vector<ledger::v1::SealedRun> runs;
  ProofPlace next{.seal = 0};  // seal 0: this was the last
};

// Thread-safe.
class EntryProver {
 public:
  struct Options {
    // May block on the disk and compute.
    asio::any_io_executor file_executor;
    LedgerStore& store;
    IndexStore& indexes;
    const ReceiptMaker& receipts;
  };
  explicit EntryProver(Options options) : options_(std::move(options)) {}

  // A page for the tree of `tree_size` entries, which is not above `available`,
  // the size of a published checkpoint: at most 16 seals, 256 leaves and some
  // 512 KiB of entries with their proofs. The page is checked before it is
  // given out: LEDGER_PROOF_INVALID when files and database disagree.
  asio::awaitable<absl::StatusOr<ProvenPage>> Prove(
      ledger::v1::IndexQuestion question, int64_t tree_size, int64_t available,
      ProofPlace place);

 private:
  // One run, and how far it goes.
  struct Part {
    ledger::v1::SealedRun run;
    uint64_t end = 0;        // leaf behind the run
    uint64_t range_end = 0;  // leaf behind what the range needs
    size_t bytes = 0;
  };

  asio::awaitable<absl::StatusOr<Part>> ProveSeal(
      FoundSeal seal, ledger::v1::IndexQuestion question, int64_t tree_size,
      int64_t available, uint64_t leaf, uint64_t leaf_limit, size_t byte_limit);
  // The entries with these indexes, in their order, as long as they fit; at
  // least one.
  asio::awaitable<absl::StatusOr<std::vector<StoredEntry>>> ReadEntries(
      std::vector<int64_t> indexes, size_t byte_limit);

  const Options options_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ENTRY_PROVER_H_

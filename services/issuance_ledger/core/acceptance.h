// Which events the ledger accepts (DESIGN 7). These rules are why neither an
// edited row, nor a restored database, nor a second instance of a service can
// do a thing twice or skip a step.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ACCEPTANCE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ACCEPTANCE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/status/reason.h"
#include "ledger/hasher.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// An entry that is right by itself and of its caller.
struct Candidate {
  std::string bytes;
  std::string sha256;
  ledger::Hash leaf_hash;
  ledger::v1::Event event;
  std::vector<int64_t> terms;  // TermsOf(event)
};

// Rules that need no other event: canonical bytes, the caller's own source, a
// kind of that source. LEDGER_MALFORMED_ENTRY, LEDGER_WRONG_SOURCE.
absl::StatusOr<Candidate> Inspect(std::string bytes,
                                  std::string_view caller_source);

// What became of an entry.
struct Verdict {
  enum class State { kSequenced, kWaiting, kRejected };

  State state = State::kRejected;
  int64_t position = 0;                      // kSequenced
  std::vector<ledger::v1::EventId> missing;  // kWaiting
  Reason reason = Reason::INTERNAL_ERROR;    // kRejected

  static Verdict Sequenced(int64_t position);
  static Verdict Waiting(std::vector<ledger::v1::EventId> missing);
  static Verdict Rejected(Reason reason);
};

struct BatchOutcome {
  std::vector<Verdict> verdicts;  // one for each candidate
  // Ids (EventIdText) that were sequenced now, not earlier.
  std::vector<std::string> new_ids;
  uint64_t size = 0;  // of the log afterwards
  int conflict_count = 0;
};

// Judges a batch, in one transaction, in its order; a candidate that waits for
// a later one of the batch is judged again after that. For each:
//  1. its id is known: the same bytes give the same index again, others are a
//     LEDGER_CONFLICT and freeze the aggregate;
//  2. its aggregate is frozen: LEDGER_AGGREGATE_FROZEN;
//  3. its predecessor or an event in `after` is not sequenced: it waits;
//  4. its once_key is another event's: LEDGER_CONFLICT, the aggregate freezes;
//  5. else it gets the next index.
// Entries, heads and the tree's edge are written by `tx`. LEDGER_FENCED when
// `epoch` is not in force any more; other errors are the store's.
absl::StatusOr<BatchOutcome> AcceptBatch(
    LedgerTransaction& tx, int64_t epoch,
    std::span<const Candidate* const> candidates);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ACCEPTANCE_H_

// Repairs a database that was put back to an older copy: what it lacks stands
// in the log's own files, which were published and are proven by hashes and
// signatures. So nothing is decided here; entries are appended again as they
// were, by the rules that had accepted them.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_REBUILD_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_REBUILD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "ledger/policy.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/core/log_files.h"

namespace shiming::issuance_ledger {

struct RebuildOptions {
  LedgerStore& store;
  // Holds the lock of the log's folder: no ledger is at work.
  LogFiles& files;
  // The log's own key.
  const ledger::TrustPolicy& log_key;
  // Of the lease that the caller has taken.
  int64_t epoch;
  // Where the guard file is lost, makes a new one from the published
  // checkpoint. Only for who knows that no later one was ever published: beside
  // him only witnesses can tell.
  bool make_guard = false;
};

struct RebuiltLog {
  int64_t old_size = 0;        // entries that the database had
  int64_t new_size = 0;        // entries that it has now
  int64_t published_size = 0;  // entries that the files hold
  bool guard_made = false;
};

// Verifies the log's files from the first entry to the published checkpoint,
// then appends to the database what it lacks of them and makes that checkpoint
// its own. A database that is ahead of the files stays as it is. After a crash
// the same call goes on. The guard file is never lowered and never removed:
// RecoverLog lifts it at the next start. Blocks.
//
// LEDGER_GUARD_MISMATCH, without effect, when the files end before the guard
// (bring newer ones: a mirror's), are another log than the guard's, the guard
// is missing without options.make_guard, or the database holds entries that the
// files do not (it is no older copy: bring an older one).
// LEDGER_PROOF_INVALID, LEDGER_SIGNATURE_INVALID and what VerifyLog says when
// the files are damaged. LEDGER_FENCED; errors of the store.
absl::StatusOr<RebuiltLog> RebuildFromFiles(const RebuildOptions& options);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_REBUILD_H_

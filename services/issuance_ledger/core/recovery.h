// What happens before the ledger serves: the database is held against the
// guard file, what a crash left half done is finished, and the log is opened.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_RECOVERY_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_RECOVERY_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "services/issuance_ledger/core/log_edge.h"
#include "services/issuance_ledger/core/log_files.h"

namespace shiming::issuance_ledger {

struct RecoveredLog {
  // Up to the stored checkpoint.
  LogEdge edge;
  // What the database holds and the file says; nullopt before the first.
  std::optional<StoredCheckpoint> checkpoint;
  // What readers see, if it is that checkpoint, with its cosignatures; else
  // nullopt: the publisher has yet to publish it.
  std::optional<StoredCheckpoint> published;
  // The checkpoint's note with the cosignatures that are known.
  std::string cosigned;
};

// Blocks; for start-up. Refuses with LEDGER_GUARD_MISMATCH when
//  - the guard file is missing while the database has entries,
//  - the guard or the published checkpoint is ahead of the database,
//  - the database's tree does not extend the guard's.
// Missing or damaged tiles are written again from the database's entries. The
// guard is lifted to the stored checkpoint. One that is stored but not
// published is left to the publisher: witnesses may have to cosign it first.
absl::StatusOr<RecoveredLog> RecoverLog(LedgerStore& store, LogFiles& files,
                                        const std::string& origin);

// Makes LOG_OPENED the first entry of an empty log; in another, checks that
// the first entry commits to the same key. `pseudonym_key_commitment`: 32
// bytes, SHA-256 commitment of K. FAILED_PRECONDITION when it differs.
absl::Status OpenLog(LedgerStore& store, int64_t epoch, const Clock& clock,
                     const std::string& origin,
                     const std::string& pseudonym_key_commitment);

// Makes LOG_FROZEN the last entry of the log, for ever; OK when it is already.
absl::Status FreezeLog(LedgerStore& store, int64_t epoch, const Clock& clock,
                       const std::string& origin);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_RECOVERY_H_

// Audits logs that follow one another (docs/log_periods.md): each is verified
// by its own checkpoint, and each begins where the one before it was frozen.
#ifndef SHIMING_LEDGER_AUDIT_LOG_CHAIN_H_
#define SHIMING_LEDGER_AUDIT_LOG_CHAIN_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/audit/log_walk.h"
#include "ledger/audit/replay.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"

namespace shiming::ledger {

// Walks the logs, oldest first, and has `replay` visit every entry that it has
// not visited yet; gives a report for each log. A log that a restored replay
// has been through to its end is not walked again, and may be left out; of one
// that is given, the checkpoint must be as it was. `threads`: see WalkOptions.
// AUDIT_EARLIER_LOG_MISSING when the first log that is new continues another
// one, or later entries of one; AUDIT_STATE_FOREIGN when a log stands behind
// one that came later; LEDGER_PROOF_INVALID when an earlier log has changed;
// errors of WalkLog.
absl::StatusOr<std::vector<WalkReport>> AuditLogs(
    std::span<const FileReader> logs, const TrustPolicy& policy, int threads,
    AuditReplay& replay);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_LOG_CHAIN_H_

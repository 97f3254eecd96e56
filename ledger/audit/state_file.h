// The file in which an audit remembers where it stands: one line that names
// format and version, SHA-256 of the rest, the serialised AuditState.
#ifndef SHIMING_LEDGER_AUDIT_STATE_FILE_H_
#define SHIMING_LEDGER_AUDIT_STATE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/audit_options.h"
#include "ledger/policy.h"
#include "shiming/ledger/v1/audit_state.pb.h"

namespace shiming::ledger {

// The first line. Another version is refused, not converted: an audit can
// always begin anew.
inline constexpr std::string_view kAuditStateHeader =
    "shiming audit state v2\n";

// Options as text, to compare two runs by.
std::string TextOf(const AuditOptions& options);

// Replaces the file at once (ReplaceFile): after a crash the old or the new
// state is there. UNAVAILABLE naming the path.
absl::Status WriteAuditState(const std::string& path,
                             const v1::AuditState& state);

// Reads it back. NOT_FOUND when there is none; AUDIT_STATE_DAMAGED when it is
// torn, edited or contradicts its own checkpoint; AUDIT_STATE_FOREIGN when it
// is of another version or other options, or its checkpoint is of a log that
// `policy` does not trust.
absl::StatusOr<v1::AuditState> ReadAuditState(const std::string& path,
                                              const TrustPolicy& policy,
                                              const AuditOptions& options);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_STATE_FILE_H_

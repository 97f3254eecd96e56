// What an audit found, for people and for programs.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_OUTPUT_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_OUTPUT_H_

#include <span>
#include <string>

#include "absl/status/status.h"
#include "ledger/audit/log_walk.h"
#include "ledger/audit/replay.h"

namespace shiming::shimingctl {

// Lines for a terminal: the logs, oldest first, the codes, each promise, each
// violation. Numbers of entries count those of all logs.
std::string AuditText(std::span<const ledger::WalkReport> walks,
                      const ledger::AuditFindings& found);

// The same as one JSON object with a final LF (docs/auditing.md lists its
// members).
std::string AuditJson(std::span<const ledger::WalkReport> walks,
                      const ledger::AuditFindings& found);

// The JSON object of an audit that could not be made.
std::string AuditFailureJson(const absl::Status& status);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_OUTPUT_H_

// What every `shimingctl audit` verb is given: the log, whom to trust, limits.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_INPUTS_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_INPUTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/audit/audit_options.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

struct AuditInputs {
  ledger::FileReader files;
  ledger::TrustPolicy policy;
  ledger::AuditOptions options;
  int threads = 1;
};

// --log DIR|URL (--key VKEY|FILE, --policy FILE: PolicyFrom) [--ca FILE
// --client-cert FILE --client-key FILE] [--person-limit N --eid-limit N
// --shift-hours N
// --session-minutes N --attestation-minutes N --lock-minutes N
// --clock-minutes N] [--threads N]. INVALID_ARGUMENT names the option.
absl::StatusOr<AuditInputs> ReadAuditInputs(Arguments& arguments);

// The logs before it, oldest first: --earlier DIR|URL[,DIR|URL]..., read as
// --log is. Errors of OpenLogSource.
absl::StatusOr<std::vector<ledger::FileReader>> ReadEarlierLogs(
    Arguments& arguments);

// A whole number in an option; `otherwise` when it is absent. INVALID_ARGUMENT
// naming the option unless it is in [least, most].
absl::StatusOr<int> NumberOption(Arguments& arguments, const std::string& name,
                                 int otherwise, int least, int most);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_INPUTS_H_

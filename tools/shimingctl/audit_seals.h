// `shimingctl audit seals`: whether the sealed indexes of a log, by which
// answers are proven to be complete, are those of its entries.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_SEALS_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_SEALS_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// --log DIR|URL (--key, --policy: PolicyFrom) [--ca FILE --client-cert FILE
// --client-key FILE]. Verifies the whole log and makes each index again.
// LEDGER_SEAL_FALSE naming seal and field; errors of ledger::VerifyLog.
absl::Status RunAuditSeals(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_SEALS_H_

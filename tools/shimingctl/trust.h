// Whom the offline verbs trust: --key and --policy.
#ifndef SHIMING_TOOLS_SHIMINGCTL_TRUST_H_
#define SHIMING_TOOLS_SHIMINGCTL_TRUST_H_

#include "absl/status/statusor.h"
#include "ledger/policy.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// What --policy FILE and --key VKEY|FILE say; one of them is needed. With both,
// the key must be one that the policy trusts. INVALID_ARGUMENT names the
// option; errors of TrustPolicy::Parse and NoteVerifier::Parse.
absl::StatusOr<ledger::TrustPolicy> PolicyFrom(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_TRUST_H_

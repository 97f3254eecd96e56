// `shimingctl audit prove`: the offline audit of a log.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_PROVE_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_PROVE_H_

#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// audit prove (AuditInputs) [--pseudonym-key FILE [--pseudonym-salt FILE]]
// [--state FILE] [--json FILE] [-o json]. Prints what it found and gives the
// process's exit code: 0 nothing wrong, 1 violations, 2 it cannot tell (the
// log or the state cannot be read or does not verify, wrong arguments). The
// state is replaced only after everything has verified.
int RunAuditProve(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_PROVE_H_

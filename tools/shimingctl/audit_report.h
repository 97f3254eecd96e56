// `shimingctl audit report`: what is odd in a log.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_REPORT_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_REPORT_H_

#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// audit report (AuditInputs) [--format csv|json] [--out FILE]
// [--fast-seconds N] [--eid-orders N]. Verifies the log in the same pass and
// prints nothing of a log that does not verify. Exit code 0, or 2 when it
// cannot tell.
int RunAuditReport(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_REPORT_H_

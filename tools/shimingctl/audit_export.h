// `shimingctl audit export`: all entries that match a filter, into a file that
// an interrupted export goes on with.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_EXPORT_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_EXPORT_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// Lines on stdout or in --out FILE, progress on stderr. With --resume FILE the
// place is kept there: the same command goes on where a run ended, however it
// ended, and no line is lost or written twice. Options: see `shimingctl help`.
absl::Status RunAuditExport(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_EXPORT_H_

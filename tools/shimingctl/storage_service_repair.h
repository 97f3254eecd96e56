// `shimingctl storage repair` of a service whose database is older than the
// record (docs/backup.md, ADR 13).
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_SERVICE_REPAIR_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_SERVICE_REPAIR_H_

#include <string>

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// storage repair SERVICE --data DIR --plan FILE [--log DIR|URL ...]
//     [--accept-unlinked true]
// writes what would be done into FILE, for two admins to sign.
// storage repair SERVICE --data DIR --apply FILE --approvals FILE,FILE
//     [--log DIR|URL ...] [--accept-unlinked true]
// does it, in one transaction. Done before: OK again. REPAIR_NOT_APPROVED,
// REPAIR_PLAN_CHANGED; errors of ReadGap and of RepairTarget.
absl::Status RunServiceRepair(Arguments& arguments, const std::string& service);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_SERVICE_REPAIR_H_

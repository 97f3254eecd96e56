// `shimingctl storage`: backups, restores, repairs (docs/backup.md).
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_COMMAND_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_COMMAND_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// storage keygen|backup|list|verify|restore|status|prune|gap|repair; see each.
absl::Status RunStorage(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_COMMAND_H_

// Whether restored copies of databases fit together: what the services ask at
// their start, asked of copies.
#ifndef SHIMING_TOOLS_SHIMINGCTL_BACKUP_CHECKS_H_
#define SHIMING_TOOLS_SHIMINGCTL_BACKUP_CHECKS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "storage/backup/database_copy.h"

namespace shiming::shimingctl {

// `copies` by the names of FindBackupPlaces; checks what is among them, and
// changes them. Each service's migrations are those of this program or earlier
// ones, and can be brought up to date; the ledger's copy of the log `origin`
// holds no entry that its service's copy has not made; each person has a key.
//
// ABORTED when one copy is older than another that it must not be older than:
// take their states again. FAILED_PRECONDITION for migrations of another
// program; else what the database says. Blocks.
absl::Status CheckCopiesFit(
    const std::map<std::string, backup::RestoredCopy*>& copies,
    const std::string& origin);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_BACKUP_CHECKS_H_

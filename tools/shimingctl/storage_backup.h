// `shimingctl storage backup`: backups of databases in use.
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_BACKUP_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_BACKUP_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// storage backup --data DIR --out DIR --data-recipient PUB --keys-recipient PUB
//     --signer KEY [--scratch DIR] [--verify false] [--verify-server URL]
//     [--pg-bin DIR] [--keys-days N] [--data-days N] [--log-mirror DIR|none]
// all databases of a data directory and a mirror of the log, or
// storage backup --url URL --name NAME --kind data|keys --out DIR
//     --data-recipient PUB|--keys-recipient PUB --signer KEY --scratch DIR ...
// one database. Prints what was made.
absl::Status RunStorageBackup(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_BACKUP_H_

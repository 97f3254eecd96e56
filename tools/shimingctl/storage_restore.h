// `shimingctl storage list|verify|restore`: backups read back.
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_RESTORE_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_RESTORE_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// storage list FILE --signer PUB: what is in it, by its signed header.
absl::Status RunStorageList(Arguments& arguments);

// storage verify FILE [FILE] --signer PUB --data-secret KEY --keys-secret KEY
//     --scratch DIR [--origin NAME] [--verify-server URL] [--pg-bin DIR]
// restores into the scratch folder, checks as the backup did, throws it away.
absl::Status RunStorageVerify(Arguments& arguments);

// storage restore FILE [FILE] --signer PUB --data-secret KEY --keys-secret KEY
//     --data DIR [--only NAME,NAME] [--scratch DIR] [--pg-bin DIR]
// into the places that the data directory's configuration names, or
//     --url URL --only NAME --scratch DIR
// one database. Everything must be empty there.
absl::Status RunStorageRestore(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_RESTORE_H_

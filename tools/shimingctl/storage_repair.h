// `shimingctl storage repair`: databases that were put back to older copies.
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_REPAIR_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_REPAIR_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// storage repair issuance_ledger --data DIR [--log DIR|URL [--ca FILE]
//     [--client-cert FILE --client-key FILE]] [--guard-lost true]
// appends to the ledger's database what the log's published files hold beyond
// it. --log: first brings the log's folder up to these files, such as a
// mirror's. The ledger must not run. Any other SERVICE: RunServiceRepair.
absl::Status RunStorageRepair(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_REPAIR_H_

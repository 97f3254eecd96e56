// `shimingctl storage gap`: what the record holds and a database does not.
#ifndef SHIMING_TOOLS_SHIMINGCTL_STORAGE_GAP_H_
#define SHIMING_TOOLS_SHIMINGCTL_STORAGE_GAP_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// storage gap SERVICE --data DIR [--log DIR|URL [--ca FILE] [--client-cert FILE
//     --client-key FILE]]
// prints, as NDJSON, each entry of the log that terminal_session,
// identity_verification or profile_order wrote and its database, as it stands,
// has never made, and at the end how many. Changes nothing. OK when there are
// none; DATABASE_BEHIND_LEDGER when there are.
absl::Status RunStorageGap(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STORAGE_GAP_H_

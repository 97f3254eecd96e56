// `shimingctl ledger list`: the logs that follow one another, by the newest
// one's word (docs/formats/log_list.md).
#ifndef SHIMING_TOOLS_SHIMINGCTL_LOG_LIST_COMMAND_H_
#define SHIMING_TOOLS_SHIMINGCTL_LOG_LIST_COMMAND_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// --log DIR|URL (--key VKEY|FILE, --policy FILE) [--ca FILE --client-cert FILE
// --client-key FILE]: prints them, oldest first. Errors of OpenLogSource,
// PolicyFrom and OpenLogList.
absl::Status RunLedgerList(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_LOG_LIST_COMMAND_H_

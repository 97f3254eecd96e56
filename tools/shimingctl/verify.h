// `shimingctl ledger verify` and `receipt verify`: offline, trusting nothing
// but a verifier key.
#ifndef SHIMING_TOOLS_SHIMINGCTL_VERIFY_H_
#define SHIMING_TOOLS_SHIMINGCTL_VERIFY_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// ledger verify --log DIR --key VKEY|FILE|--policy FILE
//               [--extends CHECKPOINT_FILE]
absl::Status RunLedgerVerify(Arguments& arguments);

// receipt verify FILE --key VKEY|FILE|--policy FILE [--proof-out FILE]
absl::Status RunReceiptVerify(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_VERIFY_H_

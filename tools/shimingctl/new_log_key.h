// `shimingctl ledger new-key`: the key of a log that is to follow
// (docs/log_periods.md).
#ifndef SHIMING_TOOLS_SHIMINGCTL_NEW_LOG_KEY_H_
#define SHIMING_TOOLS_SHIMINGCTL_NEW_LOG_KEY_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// --origin ORIGIN --out STEM: makes STEM.key (PEM, Ed25519, 0600) and STEM.vkey
// (the verifier key), and prints that. ALREADY_EXISTS when one of the files is
// there; INVALID_ARGUMENT for an origin that is none.
absl::Status RunNewLogKey(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_NEW_LOG_KEY_H_

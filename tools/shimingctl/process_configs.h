// The configuration files that `shimingctl init` writes: one typed message for
// each process.
#ifndef SHIMING_TOOLS_SHIMINGCTL_PROCESS_CONFIGS_H_
#define SHIMING_TOOLS_SHIMINGCTL_PROCESS_CONFIGS_H_

#include "absl/status/status.h"
#include "tools/shimingctl/layout.h"

namespace shiming::shimingctl {

// The demo face engine on identity_verification's list.
inline constexpr char kFaceEngineKeyId[] = "demo-face-engine-1";
// Security module of the demo terminals' readers; no real reader has it.
inline constexpr char kDemoSamNumber[] = "05.99-20260101-0000000001-0000000001";

// <data>/config/{issuance_ledger,terminal_session,identity_verification,
// profile_order,gateway,shimingd,shimingctl,terminal,display}.textproto,
// smdp_plus.flags, identity_authority.flags, addresses.sh; with two instances
// also those of the second ones, as issuance_ledger-2.textproto. The PKI and
// the keys must be there.
absl::Status WriteConfigs(const Layout& layout);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_PROCESS_CONFIGS_H_

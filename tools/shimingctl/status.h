// `shimingctl status`: is everything ready?
#ifndef SHIMING_TOOLS_SHIMINGCTL_STATUS_H_
#define SHIMING_TOOLS_SHIMINGCTL_STATUS_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// status --data DIR [-o json]: asks /readyz of every process; UNAVAILABLE when
// one is not ready.
absl::Status RunStatus(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_STATUS_H_

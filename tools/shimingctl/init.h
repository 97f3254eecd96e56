// `shimingctl init`: a data directory with development PKI, keys and
// configuration files for every process.
#ifndef SHIMING_TOOLS_SHIMINGCTL_INIT_H_
#define SHIMING_TOOLS_SHIMINGCTL_INIT_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"
#include "tools/shimingctl/layout.h"

namespace shiming::shimingctl {

// Makes what is missing; keys and certificates that are there stay, so it may
// run again, with another port base too. Configuration files are written anew.
absl::Status InitDataDirectory(const Layout& layout);

// init --data DIR [--port-base N] [--trust-domain NAME]
absl::Status RunInit(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_INIT_H_

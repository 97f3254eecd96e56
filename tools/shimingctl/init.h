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
// FAILED_PRECONDITION when they named databases of the other engine: all
// services would begin anew on empty ones.
absl::Status InitDataDirectory(const Layout& layout);

// init --data DIR [--port-base N] [--trust-domain NAME]
//      [--database-url URL [--key-database-url URL] [--instances 2]]
// The URLs are of PostgreSQL, as Layout has them; two instances need one, since
// a SQLite file belongs to one process. INVALID_ARGUMENT names the option; a
// URL with a password is refused, since everybody may read the configuration
// files.
absl::Status RunInit(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_INIT_H_

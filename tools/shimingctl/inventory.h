// `shimingctl import` and `stock`: what the operator has to give.
#ifndef SHIMING_TOOLS_SHIMINGCTL_INVENTORY_H_
#define SHIMING_TOOLS_SHIMINGCTL_INVENTORY_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// import iccids FILE --smdp ID | numbers FILE | device-models FILE
// with --data DIR --as ADMIN. The file goes in parts of at most 900 KB, each
// taken whole or not at all; running it again adds nothing twice.
absl::Status RunImport(Arguments& arguments);

// stock --data DIR --as ADMIN
absl::Status RunStock(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_INVENTORY_H_

// `shimingctl erase`: two officers erase a person.
#ifndef SHIMING_TOOLS_SHIMINGCTL_ERASURE_H_
#define SHIMING_TOOLS_SHIMINGCTL_ERASURE_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// erase propose PERSON --basis person-request|retention-over|authority-order
//               --case REF       prints the digest to approve
// erase approve DIGEST
// erase list
// all with --data DIR --as OFFICER.
absl::Status RunErase(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_ERASURE_H_

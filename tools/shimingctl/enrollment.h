// `shimingctl enroll`, `approve`, `revoke`, `list` and `certify`: two admins
// give rights, one takes them away.
#ifndef SHIMING_TOOLS_SHIMINGCTL_ENROLLMENT_H_
#define SHIMING_TOOLS_SHIMINGCTL_ENROLLMENT_H_

#include "absl/status/status.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// enroll shop SHOP --name N --region RR --zones CIDR[,CIDR...]
//                  [--hours always | 1-5/09:00-18:00[,...]]
// enroll terminal SHOP/ID --tls-key PUB --evidence-key PUB
// enroll display SHOP/ID --tls-key PUB --terminal ID
// enroll clerk ID --shop SHOP --role clerk|supervisor --out DIR
// all with --data DIR --as ADMIN. Prints the digest to approve. For a clerk
// DIR gets `password` and `totp_seed` (base32).
absl::Status RunEnroll(Arguments& arguments);

// approve DIGEST --data DIR --as ADMIN
absl::Status RunApprove(Arguments& arguments);

// revoke shop|terminal|display|clerk ID --why TEXT --data DIR --as ADMIN
absl::Status RunRevoke(Arguments& arguments);

// list shop|terminal|display|clerk --data DIR --as ADMIN
absl::Status RunList(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_ENROLLMENT_H_

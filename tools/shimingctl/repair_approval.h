// Signatures of admins under a plan of a repair: the service is down, so they
// cannot be asked by it.
#ifndef SHIMING_TOOLS_SHIMINGCTL_REPAIR_APPROVAL_H_
#define SHIMING_TOOLS_SHIMINGCTL_REPAIR_APPROVAL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shiming/storage/v1/repair.pb.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// An approval of the plan with this digest, by the key and certificate of these
// PEM files. INVALID_ARGUMENT for files that do not belong together.
absl::StatusOr<storage::v1::RepairApproval> SignPlan(
    const std::string& digest, const std::string& certificate_file,
    const std::string& key_file);

// Whom to believe: what the service itself believes of its callers.
struct AdminTrust {
  std::string anchors;  // PEM
  std::string trust_domain;
  absl::Time now;
};

// "/admin/<id>" of those who signed, in the order of `approvals`. Exactly two,
// each valid, of two ids and two keys; else REPAIR_NOT_APPROVED.
absl::StatusOr<std::vector<std::string>> CheckApprovals(
    const std::string& digest,
    const std::vector<storage::v1::RepairApproval>& approvals,
    const AdminTrust& trust);

// INVALID_ARGUMENT for another file; errors of ReadFile.
absl::StatusOr<storage::v1::RepairApproval> ReadApproval(
    const std::string& file);

// storage approve PLAN --data DIR --as ADMIN [--cert FILE --key FILE]
//     [--out FILE]
// prints the plan and signs it; OUT is PLAN.<ADMIN>.approval.
absl::Status RunStorageApprove(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_REPAIR_APPROVAL_H_

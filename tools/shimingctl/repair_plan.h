// What two admins sign before a service's database is repaired, as a file.
#ifndef SHIMING_TOOLS_SHIMINGCTL_REPAIR_PLAN_H_
#define SHIMING_TOOLS_SHIMINGCTL_REPAIR_PLAN_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/storage/v1/repair.pb.h"
#include "storage/outbox/record_gap.h"

namespace shiming::shimingctl {

// The bytes of a plan, which are written once and compared as they are.
std::string BytesOf(const storage::v1::RepairPlan& plan);

// SHA-256("shiming/repair-plan/v1" || 0x00 || bytes), 32 bytes.
std::string DigestOf(std::string_view plan_bytes);

// RepairPlan.gap_sha256.
std::string GapDigestOf(const outbox::RecordGap& gap);

// A plan that was read, and its bytes. INVALID_ARGUMENT for a file that is no
// plan in the form that BytesOf writes; errors of ReadFile.
struct StoredPlan {
  storage::v1::RepairPlan plan;
  std::string bytes;

  std::string Digest() const { return DigestOf(bytes); }
};
absl::StatusOr<StoredPlan> ReadPlan(const std::string& file);

// Prints what is to be done and the digest, for whoever signs.
void PrintPlan(const StoredPlan& plan);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_REPAIR_PLAN_H_

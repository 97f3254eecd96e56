// Reads what the record holds of a service beyond its database, proven by the
// log's files.
#ifndef SHIMING_TOOLS_SHIMINGCTL_REPAIR_GAP_H_
#define SHIMING_TOOLS_SHIMINGCTL_REPAIR_GAP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "ledger/policy.h"
#include "storage/outbox/record_gap.h"
#include "storage/sql/database.h"

namespace shiming::shimingctl {

// Entries of a gap that are held in memory, at most.
inline constexpr size_t kMaxGapEntries = 1'000'000;

struct GapRequest {
  sql::Database& database;
  std::string source;
  ledger::FileReader files;
  ledger::TrustPolicy log_key;
  // The log must reach and extend this; empty: there is no guard here.
  std::string guard_file;
  // Read entries below this only; nullopt: up to the published checkpoint.
  std::optional<int64_t> size;
};

struct GapReport {
  std::string origin;
  int64_t size = 0;
  std::string root;  // at `size`, 32 bytes
  outbox::RecordGap gap;
  // DATABASE_REPAIRED entries of the source below `size`.
  int64_t repairs = 0;
  // Entry 0's commitment to K; empty when it has none.
  std::string pseudonym_key_commitment;
};

// Verifies the whole log while reading. REPAIR_PLAN_CHANGED when the log is
// shorter than `size`, or holds entries beyond it that the database has not
// made; LEDGER_GUARD_MISMATCH when it does not extend the guard;
// RESOURCE_EXHAUSTED for more than kMaxGapEntries; errors of VerifyLog and the
// database. Blocks.
absl::StatusOr<GapReport> ReadGap(const GapRequest& request);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_REPAIR_GAP_H_

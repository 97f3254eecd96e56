// Verifies the files of a log, from the beginning or from where an earlier walk
// stopped, and hands its entries on in order. One pass; memory for some bundles
// only.
#ifndef SHIMING_LEDGER_AUDIT_LOG_WALK_H_
#define SHIMING_LEDGER_AUDIT_LOG_WALK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/audit/audit_entry.h"
#include "ledger/audit/key_ring.h"
#include "ledger/audit_reader.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/policy.h"

namespace shiming::ledger {

// Where an earlier walk of the same log stopped.
struct WalkStart {
  std::string origin;
  uint64_t size = 0;
  Hash root;
};

struct WalkOptions {
  std::optional<WalkStart> start;
  // Entries of the logs before this one, which AuditEntry::index counts.
  uint64_t base = 0;
  // Threads that prepare entries beside the caller's, which visits them; 0
  // prepares them on the caller's.
  int threads = 1;
};

struct WalkReport {
  Checkpoint checkpoint;
  std::string note;    // the signed checkpoint that was verified
  uint64_t base = 0;   // entries of the logs before this one
  uint64_t first = 0;  // index in this log of the first entry visited
  uint64_t tile_count = 0;
  uint64_t bundle_count = 0;
};

// Called on the caller's thread, in order of index. What it is given is proven
// to be in the log only when WalkLog returns OK.
using EntryHandler = std::function<void(const AuditEntry&)>;

// The checkpoint by `policy`; that the log extends `start`, by consistency
// proof and by the tiles that the new entries continue; every new bundle
// against every tile above it up to the root. Entries are prepared with `keys`.
// LEDGER_PROOF_INVALID names the file that differs or says that the log forked
// or shrank; errors of TrustPolicy::OpenCheckpoint and of `files`, which is
// called from the caller's thread only.
absl::StatusOr<WalkReport> WalkLog(const FileReader& files,
                                   const TrustPolicy& policy,
                                   const WalkOptions& options,
                                   const KeyRing& keys,
                                   const EntryHandler& visit);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_LOG_WALK_H_

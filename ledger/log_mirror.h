// Keeps a copy of a log's files: verified, from where the copy ends, never
// back. What it copies is public; who has it can show later what the log said.
#ifndef SHIMING_LEDGER_LOG_MIRROR_H_
#define SHIMING_LEDGER_LOG_MIRROR_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/policy.h"

namespace shiming::ledger {

struct MirrorReport {
  Checkpoint checkpoint;  // of the copy now
  uint64_t old_size = 0;  // entries that it had before
};

// Brings the copy in `folder` (made when missing) up to the checkpoint that
// `files` gives: entry bundles, tiles and last the checkpoint, each durable.
// Every entry that is new is hashed up to the checkpoint's root, and the copy's
// own tree must be a prefix of that, so after an OK the folder verifies
// (VerifyLog) if it did before. `index/` is not copied: it can be made from the
// entries. After a crash the next call goes on; one at a time per folder.
//
// LEDGER_PROOF_INVALID when the log is smaller than, another than, or no
// extension of the copy, or its files do not give its root: then the copy
// stays at its checkpoint. Errors of TrustPolicy::OpenCheckpoint, of `files`
// and of the disk.
absl::StatusOr<MirrorReport> MirrorLog(const FileReader& files,
                                       const TrustPolicy& policy,
                                       const std::string& folder,
                                       Hasher hasher = Hasher());

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_LOG_MIRROR_H_

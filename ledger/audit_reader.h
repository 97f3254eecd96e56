// Verifies a log from its files alone, and receipts from their bytes alone:
// what `shimingctl ledger verify` and `shimingctl receipt verify` do. Trusts
// nothing but the policy (or verifier key) that it is given.
#ifndef SHIMING_LEDGER_AUDIT_READER_H_
#define SHIMING_LEDGER_AUDIT_READER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/policy.h"
#include "ledger/proofs.h"
#include "ledger/tiles.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// Gives the bytes of a file of the log by its path below the prefix
// ("checkpoint", "tile/0/000.p/5"); NOT_FOUND when there is none.
using FileReader = std::function<absl::StatusOr<std::string>(std::string_view)>;

// Reads below a directory.
FileReader FilesBelow(std::string directory);

// Hash tiles through a FileReader: where a partial tile is gone, the full one
// of the same index.
TileReader TilesOf(FileReader files);

// The entries of a bundle, `id.width` of them; where the partial bundle is
// gone, the first ones of the full one.
absl::StatusOr<std::vector<std::string>> ReadBundle(const FileReader& files,
                                                    const TileId& id);

// Called for each entry in order. An error ends the verification with it.
using EntryVisitor =
    std::function<absl::Status(uint64_t index, const std::string& entry)>;

struct LogReport {
  Checkpoint checkpoint;
  std::string note;  // the signed checkpoint that was verified
  uint64_t tile_count = 0;
  uint64_t bundle_count = 0;
};

// Verifies the log: the checkpoint by `policy`; every entry bundle against the
// tiles of level 0; every tile of every level against the one below; the root
// against the checkpoint. LEDGER_PROOF_INVALID names the file that differs;
// errors of TrustPolicy::OpenCheckpoint, of `files` and of `visit`.
absl::StatusOr<LogReport> VerifyLog(const FileReader& files,
                                    const TrustPolicy& policy,
                                    const EntryVisitor& visit = nullptr,
                                    Hasher hasher = Hasher());

// OK when the log with these files, whose checkpoint is `current`, extends the
// one of the signed checkpoint `older_note`: makes the consistency proof from
// tiles and checks it. LEDGER_PROOF_INVALID when it forked or shrank.
absl::Status VerifyExtends(const FileReader& files, const TrustPolicy& policy,
                           const Checkpoint& current,
                           std::string_view older_note,
                           Hasher hasher = Hasher());

struct ReceiptReport {
  Checkpoint checkpoint;
  uint64_t index = 0;
  v1::Event event;
};

// Verifies a receipt offline: entry under the checkpoint in the proof, the
// checkpoint by `policy`, and each opening against the entry's commitments.
// LEDGER_MALFORMED_ENTRY, LEDGER_OPENING_INVALID, errors of VerifyTlogProof.
absl::StatusOr<ReceiptReport> VerifyReceipt(
    std::string_view entry, std::string_view tlog_proof,
    std::span<const v1::CommitmentOpening> openings, const TrustPolicy& policy);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_READER_H_

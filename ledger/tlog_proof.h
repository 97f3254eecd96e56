// Self-contained receipts (C2SP tlog-proof): inclusion proof and checkpoint in
// one text, checked without asking anybody.
#ifndef SHIMING_LEDGER_TLOG_PROOF_H_
#define SHIMING_LEDGER_TLOG_PROOF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/policy.h"

namespace shiming::ledger {

struct TlogProof {
  std::optional<std::string> extra;  // opaque and not authenticated
  uint64_t index = 0;                // of the entry
  std::vector<Hash> path;            // inclusion proof, leaf side first
  std::string checkpoint;            // signed note
};

// The text of a .tlog-proof file.
std::string FormatTlogProof(const TlogProof& proof);

// Strict; LEDGER_FORMAT_INVALID. Does not look into the checkpoint.
absl::StatusOr<TlogProof> ParseTlogProof(std::string_view text);

// Checks a proof text for an entry: origin, signatures and quorum by `policy`,
// then the inclusion proof. Gives the checkpoint that the entry is under.
// Errors of TrustPolicy::OpenCheckpoint and VerifyInclusion.
absl::StatusOr<Checkpoint> VerifyTlogProof(std::string_view entry,
                                           std::string_view proof_text,
                                           const TrustPolicy& policy,
                                           Hasher hasher = Hasher());

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_TLOG_PROOF_H_

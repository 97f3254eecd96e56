// What a witness decides about a checkpoint that is sent to it (C2SP
// tlog-witness, add-checkpoint). Pure: storage, signing and HTTP are the
// caller's.
#ifndef SHIMING_LEDGER_WITNESS_H_
#define SHIMING_LEDGER_WITNESS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/checkpoint.h"
#include "ledger/hasher.h"
#include "ledger/note.h"

namespace shiming::ledger {

// A consistency proof has at most this many hashes (tlog-witness).
inline constexpr size_t kMaxWitnessProof = 63;

// Body of POST <prefix>/add-checkpoint.
struct AddCheckpointRequest {
  uint64_t old_size = 0;
  std::vector<Hash> proof;
  std::string checkpoint;  // signed note
};

std::string FormatAddCheckpoint(const AddCheckpointRequest& request);
// Strict; LEDGER_FORMAT_INVALID.
absl::StatusOr<AddCheckpointRequest> ParseAddCheckpoint(std::string_view body);

// What the witness last cosigned for an origin; size 0 when nothing.
struct WitnessedTree {
  uint64_t size = 0;
  Hash root;  // meaningful when size is not 0
};

// Keys that a witness trusts, by origin.
using WitnessTrust = std::map<std::string, std::vector<NoteVerifier>>;

// The answer, as HTTP gives it. At 200 the caller must first store size and
// root, atomically with the check that `old_size` is still what it last
// cosigned, and only then sign `checkpoint_text` and answer with the line.
struct AddCheckpointDecision {
  int http_status = 0;
  std::string content_type;  // set at 409
  std::string body;          // set at 409: "<size>\n"
  std::string why;           // for the log, when refused
  uint64_t old_size = 0;
  Checkpoint checkpoint;        // at 200
  std::string checkpoint_text;  // at 200: what to sign
  // At 200: the lines of trusted keys, for a copy of the checkpoint.
  std::string log_lines;
};

// Checks in the order of the document. `last` gives what was last cosigned
// for an origin. Thread-safe if `last` is.
AddCheckpointDecision DecideAddCheckpoint(
    const WitnessTrust& trust,
    const std::function<WitnessedTree(const std::string& origin)>& last,
    std::string_view body);

// SHA-256(origin) in hex: the path element of the monitoring endpoint.
std::string OriginHash(std::string_view origin);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_WITNESS_H_

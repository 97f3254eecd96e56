// The text of a checkpoint (C2SP tlog-checkpoint): what a log signs.
#ifndef SHIMING_LEDGER_CHECKPOINT_H_
#define SHIMING_LEDGER_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/hasher.h"

namespace shiming::ledger {

struct Checkpoint {
  std::string origin;  // identity of the log, usually its key's name
  uint64_t size = 0;   // entries
  Hash root;
  std::vector<std::string> extensions;  // opaque lines; we write none

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The text that is signed, with its final LF.
std::string FormatCheckpoint(const Checkpoint& checkpoint);

// Strict: LEDGER_FORMAT_INVALID for anything that FormatCheckpoint does not
// write (leading zeros, signs, spaces, a root that is not 32 bytes, empty
// lines, fewer than three lines, a missing final LF).
absl::StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_CHECKPOINT_H_

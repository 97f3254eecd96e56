// Replays the order rules of the ledger over its entries: what an auditor
// checks beyond hashes (docs/formats/ledger_entry.md).
#ifndef SHIMING_LEDGER_ENTRY_ORDER_H_
#define SHIMING_LEDGER_ENTRY_ORDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "absl/status/status.h"
#include "ledger/checkpoint.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// Feed it all entries of a log, in order of index from 0; then, if it is to go
// on, BeginNextLog and all entries of the log that follows. Keeps one small
// record for each aggregate and each once_key in memory. Not thread-safe.
class EntryOrderChecker {
 public:
  // OK when the entry may stand here: canonical bytes, a kind of its source,
  // the aggregate's next version, all of `after` before it, a new once_key,
  // LOG_OPENED exactly at index 0, naming the log before as its end is, nothing
  // behind LOG_FROZEN. Where the log before was not visited, versions may go on
  // from any, and `after` may name what was not seen. LEDGER_MALFORMED_ENTRY,
  // LEDGER_WRONG_SOURCE, LEDGER_PROOF_INVALID, all naming the index.
  absl::Status Visit(uint64_t index, std::string_view entry);

  // The next entry is the first one of the log behind the one that ended at
  // this checkpoint. LEDGER_PROOF_INVALID when that is not frozen.
  absl::Status BeginNextLog(const Checkpoint& last);

  // True when the last entry is LOG_FROZEN.
  bool is_frozen() const { return is_frozen_; }

  // The log whose entries were not visited although the first visited log
  // continues it; empty when there is none.
  const std::string& unseen_origin() const { return unseen_origin_; }

 private:
  absl::Status CheckOpened(uint64_t index, const v1::Event& event);
  absl::Status CheckOrder(uint64_t index, const v1::Event& event);

  uint64_t next_index_ = 0;
  bool is_frozen_ = false;
  std::optional<Checkpoint> last_;  // of the log before
  std::string unseen_origin_;
  // "<source>:<aggregate>" to its last version.
  std::unordered_map<std::string, int64_t> last_versions_;
  std::unordered_set<std::string> once_keys_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_ENTRY_ORDER_H_

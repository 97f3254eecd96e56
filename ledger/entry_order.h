// Replays the order rules of the ledger over its entries: what an auditor
// checks beyond hashes (docs/formats/ledger_entry.md).
#ifndef SHIMING_LEDGER_ENTRY_ORDER_H_
#define SHIMING_LEDGER_ENTRY_ORDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "absl/status/status.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// Feed it all entries of a log, in order of index from 0. Keeps one small
// record for each aggregate and each once_key in memory. Not thread-safe.
class EntryOrderChecker {
 public:
  // OK when the entry may stand here: canonical bytes, a kind of its source,
  // the aggregate's next version, all of `after` before it, a new once_key,
  // LOG_OPENED exactly at index 0. LEDGER_MALFORMED_ENTRY,
  // LEDGER_WRONG_SOURCE, LEDGER_PROOF_INVALID, all naming the index.
  absl::Status Visit(uint64_t index, std::string_view entry);

 private:
  absl::Status CheckOrder(uint64_t index, const v1::Event& event);

  uint64_t next_index_ = 0;
  // "<source>:<aggregate>" to its last version.
  std::unordered_map<std::string, int64_t> last_versions_;
  std::unordered_set<std::string> once_keys_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_ENTRY_ORDER_H_

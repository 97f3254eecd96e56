// The growing end of the log's files: partial tiles and the partial bundle.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_EDGE_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_EDGE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/hasher.h"
#include "ledger/tiles.h"

namespace shiming::issuance_ledger {

// A file to write: name and bytes.
using TileFile = std::pair<ledger::TileId, std::string>;

// Not thread-safe; a value (copying costs at most 255 entries and hashes).
class LogEdge {
 public:
  // The edge of the empty log.
  LogEdge() = default;
  // The edge of a log whose partial tiles are in `tiles` and whose entries
  // from the last multiple of 256 on are `bundle_entries`.
  LogEdge(ledger::TileEdge tiles, std::vector<std::string> bundle_entries)
      : tiles_(std::move(tiles)), bundle_entries_(std::move(bundle_entries)) {}

  // Adds an entry; files that it fills go to `filled`. LEDGER_FORMAT_INVALID
  // when the entry is too large for a bundle.
  absl::Status Append(std::string entry, std::vector<TileFile>* filled);

  // The partial files that a checkpoint of this size needs.
  absl::StatusOr<std::vector<TileFile>> Partials() const;

  uint64_t size() const { return tiles_.size(); }
  ledger::Hash Root() const { return tiles_.Root(); }

 private:
  ledger::TileEdge tiles_;
  std::vector<std::string> bundle_entries_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LOG_EDGE_H_

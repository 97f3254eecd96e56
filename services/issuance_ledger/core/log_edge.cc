#include "services/issuance_ledger/core/log_edge.h"

#include "common/status/status_macros.h"

namespace shiming::issuance_ledger {

absl::Status LogEdge::Append(std::string entry, std::vector<TileFile>* filled) {
  std::vector<ledger::TileEdge::Tile> tiles;
  tiles_.Append(ledger::Hasher().Leaf(entry), &tiles);
  bundle_entries_.push_back(std::move(entry));
  if (bundle_entries_.size() == ledger::kTileWidth) {
    ASSIGN_OR_RETURN(std::string bundle, ledger::EncodeBundle(bundle_entries_));
    filled->emplace_back(
        ledger::TileId{.index = size() / ledger::kTileWidth - 1,
                       .is_bundle = true},
        std::move(bundle));
    bundle_entries_.clear();
  }
  for (ledger::TileEdge::Tile& tile : tiles) {
    filled->emplace_back(tile.id, std::move(tile.bytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TileFile>> LogEdge::Partials() const {
  std::vector<TileFile> files;
  if (!bundle_entries_.empty()) {
    ASSIGN_OR_RETURN(std::string bundle, ledger::EncodeBundle(bundle_entries_));
    files.emplace_back(ledger::TileId{.index = size() / ledger::kTileWidth,
                                      .width = bundle_entries_.size(),
                                      .is_bundle = true},
                       std::move(bundle));
  }
  for (ledger::TileEdge::Tile& tile : tiles_.Partials()) {
    files.emplace_back(tile.id, std::move(tile.bytes));
  }
  return files;
}

}  // namespace shiming::issuance_ledger

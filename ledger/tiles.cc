#include "ledger/tiles.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/text.h"

namespace shiming::ledger {
namespace {

absl::Status FormatError(std::string_view why) {
  return MakeError(Reason::LEDGER_FORMAT_INVALID, why);
}

// Takes `word` off the front of `text`.
bool TakePrefix(std::string_view* text, std::string_view word) {
  if (!text->starts_with(word)) return false;
  text->remove_prefix(word.size());
  return true;
}

// Entries below one tile hash of `level`, as a shift; 64 and more: no tree of
// ours reaches that level.
int ShiftOf(int level) { return kTileHeight * level; }

// Folds 2^k hashes pairwise.
Hash Fold(const Hasher& hasher, std::string_view hashes) {
  Hash row(hashes);
  while (row.size() > kHashSize) hasher.FoldPairs(row);
  return row;
}

}  // namespace

std::string EncodeTileIndex(uint64_t index) {
  std::string text = absl::StrFormat("%03d", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) {
    text = absl::StrFormat("x%03d/%s", index % 1000, text);
  }
  return text;
}

absl::StatusOr<uint64_t> DecodeTileIndex(std::string_view text) {
  // 20 digits of 2^64 - 1 make 7 groups: "x018/x446/.../615".
  constexpr size_t kMaxLength = 7 * 5;
  if (text.empty() || text.size() > kMaxLength) {
    return FormatError("tile index has a wrong length");
  }
  unsigned __int128 index = 0;
  for (char c : text) {
    if (c >= '0' && c <= '9') index = index * 10 + (c - '0');
  }
  if (index > UINT64_MAX ||
      EncodeTileIndex(static_cast<uint64_t>(index)) != text) {
    return FormatError("malformed tile index");
  }
  return static_cast<uint64_t>(index);
}

std::string TilePath(const TileId& id) {
  std::string path =
      id.is_bundle ? "tile/entries/" : absl::StrCat("tile/", id.level, "/");
  path.append(EncodeTileIndex(id.index));
  if (id.width < kTileWidth) absl::StrAppend(&path, ".p/", id.width);
  return path;
}

absl::StatusOr<TileId> ParseTilePath(std::string_view path) {
  TileId id;
  if (!TakePrefix(&path, "tile/")) return FormatError("no tile path");
  if (TakePrefix(&path, "entries/")) {
    id.is_bundle = true;
  } else {
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return FormatError("no tile path");
    const auto level = ParseDecimal(path.substr(0, slash));
    if (!level.has_value() || *level > kMaxTileLevel) {
      return FormatError("tile level is not 0 to 63");
    }
    id.level = static_cast<int>(*level);
    path.remove_prefix(slash + 1);
  }
  if (const size_t partial = path.find(".p/");
      partial != std::string_view::npos) {
    const auto width = ParseDecimal(path.substr(partial + 3));
    if (!width.has_value() || *width == 0 || *width >= kTileWidth) {
      return FormatError("partial width is not 1 to 255");
    }
    id.width = *width;
    path = path.substr(0, partial);
  }
  ASSIGN_OR_RETURN(id.index, DecodeTileIndex(path));
  return id;
}

std::vector<LevelGeometry> GeometryOf(uint64_t tree_size) {
  std::vector<LevelGeometry> levels;
  for (int level = 0; ShiftOf(level) < 64; ++level) {
    const uint64_t hashes = tree_size >> ShiftOf(level);
    if (hashes == 0) break;
    levels.push_back({.level = level,
                      .full_tiles = hashes / kTileWidth,
                      .partial_width = hashes % kTileWidth});
  }
  return levels;
}

uint64_t WidthOf(int level, uint64_t index, uint64_t tree_size) {
  if (ShiftOf(level) >= 64) return 0;
  const uint64_t hashes = tree_size >> ShiftOf(level);
  const uint64_t full_tiles = hashes / kTileWidth;
  if (index < full_tiles) return kTileWidth;
  return index == full_tiles ? hashes % kTileWidth : 0;
}

absl::StatusOr<std::string> EncodeBundle(std::span<const std::string> entries) {
  std::string bundle;
  for (const std::string& entry : entries) {
    if (entry.size() > kMaxEntrySize) return FormatError("entry is too large");
    bundle.push_back(static_cast<char>(entry.size() >> 8));
    bundle.push_back(static_cast<char>(entry.size()));
    bundle.append(entry);
  }
  return bundle;
}

absl::StatusOr<std::vector<std::string>> DecodeBundle(std::string_view bundle,
                                                      uint64_t width) {
  std::vector<std::string> entries;
  while (!bundle.empty()) {
    if (entries.size() == width) return FormatError("bundle has more entries");
    if (bundle.size() < 2) return FormatError("bundle ends in a length");
    const size_t size = static_cast<unsigned char>(bundle[0]) * 256u +
                        static_cast<unsigned char>(bundle[1]);
    bundle.remove_prefix(2);
    if (bundle.size() < size) return FormatError("bundle ends in an entry");
    entries.emplace_back(bundle.substr(0, size));
    bundle.remove_prefix(size);
  }
  if (entries.size() != width) return FormatError("bundle has fewer entries");
  return entries;
}

Hash RootOfFullTile(const Hasher& hasher, std::string_view tile) {
  return Fold(hasher, tile.substr(0, kTileWidth * kHashSize));
}

SubtreeReader SubtreesFromTiles(const Hasher& hasher, TileReader read,
                                uint64_t available) {
  return [hasher, read = std::move(read), available](
             int height, uint64_t index) -> absl::StatusOr<Hash> {
    const int level = height / kTileHeight;
    const uint64_t count = uint64_t{1} << (height % kTileHeight);
    const uint64_t first = index * count;  // position in the tile row
    TileId id{.level = level, .index = first / kTileWidth};
    id.width = WidthOf(level, id.index, available);
    const uint64_t offset = first % kTileWidth;
    if (offset + count > id.width) {
      return MakeError(Reason::LEDGER_INDEX_OUT_OF_RANGE,
                       "subtree is not in the tree");
    }
    ASSIGN_OR_RETURN(std::string tile, read(id));
    if (tile.size() < (offset + count) * kHashSize) {
      return MakeError(Reason::LEDGER_PROOF_INVALID, "tile is too short");
    }
    return Fold(hasher, std::string_view(tile).substr(offset * kHashSize,
                                                      count * kHashSize));
  };
}

absl::StatusOr<TileEdge> TileEdge::Restore(Hasher hasher, uint64_t tree_size,
                                           const TileReader& read) {
  TileEdge edge(hasher);
  edge.size_ = tree_size;
  for (const LevelGeometry& level : GeometryOf(tree_size)) {
    std::string& hashes = edge.levels_.emplace_back();
    if (level.partial_width == 0) continue;
    ASSIGN_OR_RETURN(hashes, read(TileId{.level = level.level,
                                         .index = level.full_tiles,
                                         .width = level.partial_width}));
    const size_t wanted = level.partial_width * kHashSize;
    if (hashes.size() < wanted) return FormatError("tile is too short");
    hashes.resize(wanted);
  }
  return edge;
}

void TileEdge::Append(std::string_view leaf_hash, std::vector<Tile>* filled) {
  Hash hash(leaf_hash);
  for (size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    std::string& hashes = levels_[level];
    hashes.append(hash);
    if (hashes.size() < kTileWidth * kHashSize) break;
    hash = RootOfFullTile(hasher_, hashes);
    const uint64_t index = size_ >> (ShiftOf(static_cast<int>(level) + 1));
    filled->push_back({TileId{.level = static_cast<int>(level), .index = index},
                       std::exchange(hashes, {})});
  }
  ++size_;
}

std::vector<TileEdge::Tile> TileEdge::Partials() const {
  std::vector<Tile> tiles;
  for (const LevelGeometry& level : GeometryOf(size_)) {
    if (level.partial_width == 0) continue;
    tiles.push_back({TileId{.level = level.level,
                            .index = level.full_tiles,
                            .width = level.partial_width},
                     levels_[level.level]});
  }
  return tiles;
}

Hash TileEdge::Root() const {
  std::optional<Hash> root;
  for (const std::string& hashes : levels_) {
    // The perfect subtrees of this level, smallest (rightmost) first.
    size_t end = hashes.size() / kHashSize;
    while (end > 0) {
      const size_t count = end & (~end + 1);
      const Hash part =
          Fold(hasher_, std::string_view(hashes).substr(
                            (end - count) * kHashSize, count * kHashSize));
      root = root.has_value() ? hasher_.Node(part, *root) : part;
      end -= count;
    }
  }
  return root.value_or(hasher_.EmptyRoot());
}

}  // namespace shiming::ledger

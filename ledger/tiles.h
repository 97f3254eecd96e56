// The files of a log (C2SP tlog-tiles): names, geometry, entry bundles, and
// the hashes inside tiles. Tiles have height 8; a full one holds 256 hashes.
#ifndef SHIMING_LEDGER_TILES_H_
#define SHIMING_LEDGER_TILES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/hasher.h"
#include "ledger/proofs.h"

namespace shiming::ledger {

// C2SP tlog-tiles, "Merkle Tree".
inline constexpr int kTileHeight = 8;
inline constexpr uint64_t kTileWidth = 256;
// C2SP tlog-tiles: levels 0 to 63 may be named.
inline constexpr int kMaxTileLevel = 63;
// An entry's length has 2 bytes in a bundle.
inline constexpr size_t kMaxEntrySize = 65535;

// Name of a hash tile or, with `is_bundle`, of an entry bundle (level 0).
struct TileId {
  int level = 0;
  uint64_t index = 0;
  uint64_t width = kTileWidth;  // 1 to 256; 256 is a full tile
  bool is_bundle = false;

  friend bool operator==(const TileId&, const TileId&) = default;
};

// "x001/x234/067" for 1234067.
std::string EncodeTileIndex(uint64_t index);
// Only what EncodeTileIndex writes; else LEDGER_FORMAT_INVALID.
absl::StatusOr<uint64_t> DecodeTileIndex(std::string_view text);

// Path below the log's prefix: "tile/0/x001/234.p/5", "tile/entries/007".
std::string TilePath(const TileId& id);
// Only what TilePath writes; else LEDGER_FORMAT_INVALID.
absl::StatusOr<TileId> ParseTilePath(std::string_view path);

// Tiles of one level of a tree: full ones, then perhaps one partial.
struct LevelGeometry {
  int level = 0;
  uint64_t full_tiles = 0;
  uint64_t partial_width = 0;  // 0: there is no partial tile
};
// From level 0 up; only levels with a tile. Empty for the empty tree.
std::vector<LevelGeometry> GeometryOf(uint64_t tree_size);

// Width that tile `index` of `level` has in a tree of `tree_size`: 0 (not
// there) to 256.
uint64_t WidthOf(int level, uint64_t index, uint64_t tree_size);

// Entries in order, each behind its 2-byte big-endian length.
// LEDGER_FORMAT_INVALID when one has more than kMaxEntrySize bytes.
absl::StatusOr<std::string> EncodeBundle(std::span<const std::string> entries);
// The `width` entries of a bundle; LEDGER_FORMAT_INVALID when the bytes are
// not exactly that.
absl::StatusOr<std::vector<std::string>> DecodeBundle(std::string_view bundle,
                                                      uint64_t width);

// Root over the hashes of a full tile: the hash that stands for it one level
// up.
Hash RootOfFullTile(const Hasher& hasher, std::string_view tile);

// Gives the bytes of a hash tile, at least `id.width` hashes of it (a full
// tile begins with what each of its partials held).
using TileReader = std::function<absl::StatusOr<std::string>(const TileId&)>;

// Reads subtree roots out of tiles for the functions of proofs.h. `available`
// is the size of a tree whose tiles `read` can give; every proof in a tree up
// to that size can be made. Copies `read`; thread-safe if that is.
// LEDGER_PROOF_INVALID when a tile is too short.
SubtreeReader SubtreesFromTiles(const Hasher& hasher, TileReader read,
                                uint64_t available);

// The partly filled tiles at the right edge of a growing tree. The owner
// appends leaf hashes, writes each full tile that falls out, and writes
// Partials() before it signs a checkpoint. Not thread-safe.
class TileEdge {
 public:
  struct Tile {
    TileId id;
    std::string bytes;
  };

  explicit TileEdge(Hasher hasher = Hasher()) : hasher_(hasher) {}

  // The edge of a tree whose tiles `read` gives. Errors of `read`;
  // LEDGER_FORMAT_INVALID when a tile is too short.
  static absl::StatusOr<TileEdge> Restore(Hasher hasher, uint64_t tree_size,
                                          const TileReader& read);

  // Adds an entry; tiles that it fills are appended to `filled`.
  void Append(std::string_view leaf_hash, std::vector<Tile>* filled);

  // The partial tile of each level that has one.
  std::vector<Tile> Partials() const;

  uint64_t size() const { return size_; }
  // Root of the whole tree, from the edge alone.
  Hash Root() const;

 private:
  Hasher hasher_;
  uint64_t size_ = 0;
  // Hashes in the partial tile of each level, one after the other.
  std::vector<std::string> levels_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_TILES_H_

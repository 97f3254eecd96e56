// The right edge of a growing Merkle tree: what a sequencer must keep in order
// to append and to know the root, in O(log n) space.
#ifndef SHIMING_LEDGER_TREE_H_
#define SHIMING_LEDGER_TREE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/hasher.h"

namespace shiming::ledger {

// Roots of the perfect subtrees that the binary digits of the size name,
// largest first. Not thread-safe.
class TreeEdge {
 public:
  explicit TreeEdge(Hasher hasher = Hasher()) : hasher_(hasher) {}

  // The edge of a stored tree. LEDGER_FORMAT_INVALID unless `nodes` has one
  // hash for each set bit of `size`.
  static absl::StatusOr<TreeEdge> Restore(Hasher hasher, uint64_t size,
                                          std::vector<Hash> nodes);

  // Adds the entry whose leaf hash this is.
  void Append(Hash leaf_hash);

  uint64_t size() const { return size_; }
  const std::vector<Hash>& nodes() const { return nodes_; }
  // Root of all that was appended; the empty tree's root at size 0.
  Hash Root() const;

  // `nodes` one after the other, for storage; see DecodeNodes.
  std::string EncodeNodes() const;
  // Cuts stored nodes apart. LEDGER_FORMAT_INVALID when the length is off.
  static absl::StatusOr<std::vector<Hash>> DecodeNodes(std::string_view bytes);

 private:
  Hasher hasher_;
  uint64_t size_ = 0;
  std::vector<Hash> nodes_;
};

// Root over `leaf_hashes`.
Hash RootOf(const Hasher& hasher, std::span<const Hash> leaf_hashes);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_TREE_H_

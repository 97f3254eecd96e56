#include "ledger/tree.h"

#include <bit>
#include <utility>

#include "common/status/reason.h"

namespace shiming::ledger {

absl::StatusOr<TreeEdge> TreeEdge::Restore(Hasher hasher, uint64_t size,
                                           std::vector<Hash> nodes) {
  if (nodes.size() != static_cast<size_t>(std::popcount(size))) {
    return MakeError(Reason::LEDGER_FORMAT_INVALID,
                     "edge has another number of hashes than its size names");
  }
  TreeEdge edge(hasher);
  edge.size_ = size;
  edge.nodes_ = std::move(nodes);
  return edge;
}

void TreeEdge::Append(Hash leaf_hash) {
  nodes_.push_back(std::move(leaf_hash));
  for (uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    Hash right = std::move(nodes_.back());
    nodes_.pop_back();
    nodes_.back() = hasher_.Node(nodes_.back(), right);
  }
  ++size_;
}

Hash TreeEdge::Root() const {
  if (nodes_.empty()) return hasher_.EmptyRoot();
  Hash root = nodes_.back();
  for (size_t i = nodes_.size() - 1; i > 0; --i) {
    root = hasher_.Node(nodes_[i - 1], root);
  }
  return root;
}

std::string TreeEdge::EncodeNodes() const {
  std::string bytes;
  bytes.reserve(nodes_.size() * kHashSize);
  for (const Hash& node : nodes_) bytes.append(node);
  return bytes;
}

absl::StatusOr<std::vector<Hash>> TreeEdge::DecodeNodes(
    std::string_view bytes) {
  if (bytes.size() % kHashSize != 0) {
    return MakeError(Reason::LEDGER_FORMAT_INVALID,
                     "stored edge is no whole number of hashes");
  }
  std::vector<Hash> nodes;
  nodes.reserve(bytes.size() / kHashSize);
  for (size_t at = 0; at < bytes.size(); at += kHashSize) {
    nodes.emplace_back(bytes.substr(at, kHashSize));
  }
  return nodes;
}

Hash RootOf(const Hasher& hasher, std::span<const Hash> leaf_hashes) {
  TreeEdge edge(hasher);
  for (const Hash& leaf_hash : leaf_hashes) edge.Append(leaf_hash);
  return edge.Root();
}

}  // namespace shiming::ledger

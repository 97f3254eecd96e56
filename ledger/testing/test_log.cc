#include "ledger/testing/test_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "ledger/proofs.h"
#include "ledger/tiles.h"
#include "ledger/tree.h"
#include "ledger/witness.h"

namespace shiming::ledger {

TestLog::TestLog(std::string history, std::string origin, char key_seed)
    : history_(std::move(history)),
      signer_(*NoteSigner::ForLog(
          std::move(origin),
          *crypto::SigningKey::FromEd25519Seed(std::string(32, key_seed)))) {}

std::vector<Hash> TestLog::Leaves(uint64_t begin, uint64_t end) const {
  std::vector<Hash> leaves;
  for (uint64_t i = begin; i < end; ++i) {
    leaves.push_back(hasher_.Leaf(absl::StrCat(history_, i)));
  }
  return leaves;
}

Hash TestLog::RootAt(uint64_t size) const {
  return RootOf(hasher_, Leaves(0, size));
}

Checkpoint TestLog::At(uint64_t size) const {
  return {.origin = origin(), .size = size, .root = RootAt(size)};
}

std::string TestLog::Note(uint64_t size) const {
  const std::string text = FormatCheckpoint(At(size));
  return JoinNote(text, *signer_.SignLine(text, absl::UnixEpoch()));
}

std::vector<Hash> TestLog::Proof(uint64_t old_size, uint64_t new_size) const {
  if (old_size == 0) return {};
  const SubtreeReader read = [this](int height,
                                    uint64_t index) -> absl::StatusOr<Hash> {
    return RootOf(hasher_, Leaves(index << height, (index + 1) << height));
  };
  return *MakeConsistencyProof(hasher_, read, old_size, new_size);
}

std::string TestLog::AddCheckpointBody(uint64_t old_size,
                                       uint64_t new_size) const {
  return FormatAddCheckpoint({.old_size = old_size,
                              .proof = Proof(old_size, new_size),
                              .checkpoint = Note(new_size)});
}

std::map<std::string, std::string> TestLog::Tiles(uint64_t size) const {
  TileEdge edge;
  std::vector<TileEdge::Tile> tiles;
  for (const Hash& leaf : Leaves(0, size)) edge.Append(leaf, &tiles);
  for (TileEdge::Tile& tile : edge.Partials()) tiles.push_back(std::move(tile));
  std::map<std::string, std::string> files;
  for (TileEdge::Tile& tile : tiles) {
    files[TilePath(tile.id)] = std::move(tile.bytes);
  }
  return files;
}

}  // namespace shiming::ledger

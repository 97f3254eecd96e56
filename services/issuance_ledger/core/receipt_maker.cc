#include "services/issuance_ledger/core/receipt_maker.h"

#include <map>
#include <memory>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/proofs.h"
#include "ledger/tiles.h"
#include "ledger/tlog_proof.h"

namespace shiming::issuance_ledger {
namespace {

absl::Status OutOfRange(std::string_view why) {
  return MakeError(Reason::LEDGER_INDEX_OUT_OF_RANGE, why);
}

// Reads each tile once: one proof takes several hashes of the same tile.
ledger::TileReader Remembering(ledger::TileReader read) {
  auto tiles = std::make_shared<std::map<std::string, std::string>>();
  return [read = std::move(read),
          tiles](const ledger::TileId& id) -> absl::StatusOr<std::string> {
    std::string path = ledger::TilePath(id);
    if (const auto known = tiles->find(path); known != tiles->end()) {
      return known->second;
    }
    ASSIGN_OR_RETURN(std::string bytes, read(id));
    return tiles->emplace(std::move(path), std::move(bytes)).first->second;
  };
}

}  // namespace

ledger::SubtreeReader ReceiptMaker::Subtrees(uint64_t available) const {
  return ledger::SubtreesFromTiles(
      ledger::Hasher(), Remembering(ledger::TilesOf(files_)), available);
}

absl::StatusOr<std::vector<ledger::Hash>> ReceiptMaker::InclusionProof(
    uint64_t index, uint64_t size, uint64_t available) const {
  if (index >= size || size > available) {
    return OutOfRange("index < tree_size <= latest checkpoint does not hold");
  }
  return ledger::MakeInclusionProof(ledger::Hasher(), Subtrees(available),
                                    index, size);
}

absl::StatusOr<std::vector<std::vector<ledger::Hash>>>
ReceiptMaker::InclusionProofs(std::span<const int64_t> indexes, uint64_t size,
                              uint64_t available) const {
  if (size > available) return OutOfRange("the tree is not published");
  const ledger::SubtreeReader subtrees = Subtrees(available);
  std::vector<std::vector<ledger::Hash>> proofs;
  for (const int64_t index : indexes) {
    if (index < 0 || static_cast<uint64_t>(index) >= size) {
      return OutOfRange("the entry is not in the tree");
    }
    ASSIGN_OR_RETURN(
        proofs.emplace_back(),
        ledger::MakeInclusionProof(ledger::Hasher(), subtrees,
                                   static_cast<uint64_t>(index), size));
  }
  return proofs;
}

absl::StatusOr<std::vector<ledger::Hash>> ReceiptMaker::ConsistencyProof(
    uint64_t old_size, uint64_t new_size, uint64_t available) const {
  if (old_size > new_size || new_size > available) {
    return OutOfRange("old <= new <= latest checkpoint does not hold");
  }
  if (old_size == 0) return std::vector<ledger::Hash>();
  return ledger::MakeConsistencyProof(ledger::Hasher(), Subtrees(available),
                                      old_size, new_size);
}

absl::StatusOr<std::vector<std::string>> ReceiptMaker::MakeProofs(
    std::span<const StoredEntry> entries,
    const StoredCheckpoint& checkpoint) const {
  const uint64_t size = static_cast<uint64_t>(checkpoint.size);
  const ledger::SubtreeReader subtrees = Subtrees(size);
  const ledger::Hasher hasher;
  std::vector<std::string> proofs;
  for (const StoredEntry& entry : entries) {
    const uint64_t index = static_cast<uint64_t>(entry.index);
    if (index >= size) return OutOfRange("the checkpoint does not cover it");
    ASSIGN_OR_RETURN(std::vector<ledger::Hash> path,
                     ledger::MakeInclusionProof(hasher, subtrees, index, size));
    RETURN_IF_ERROR(ledger::VerifyInclusion(
        hasher, index, size, hasher.Leaf(entry.bytes), path, checkpoint.root));
    proofs.push_back(ledger::FormatTlogProof({.index = index,
                                              .path = std::move(path),
                                              .checkpoint = checkpoint.note}));
  }
  return proofs;
}

absl::StatusOr<ledger::v1::Receipt> ReceiptMaker::MakeReceipt(
    int64_t index, const StoredCheckpoint& checkpoint) const {
  if (index < 0 || index >= checkpoint.size) {
    return OutOfRange("the checkpoint does not cover it");
  }
  const uint64_t at = static_cast<uint64_t>(index);
  ledger::TileId bundle{.index = at / ledger::kTileWidth, .is_bundle = true};
  bundle.width =
      ledger::WidthOf(0, bundle.index, static_cast<uint64_t>(checkpoint.size));
  ASSIGN_OR_RETURN(std::vector<std::string> entries,
                   ledger::ReadBundle(files_, bundle));
  StoredEntry entry{.index = index,
                    .bytes = std::move(entries[at % ledger::kTileWidth])};
  ASSIGN_OR_RETURN(std::vector<std::string> proofs,
                   MakeProofs({&entry, 1}, checkpoint));
  ledger::v1::Receipt receipt;
  receipt.set_entry(std::move(entry.bytes));
  receipt.set_index(index);
  receipt.set_tlog_proof(std::move(proofs[0]));
  return receipt;
}

}  // namespace shiming::issuance_ledger

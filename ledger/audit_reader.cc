#include "ledger/audit_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/tlog_proof.h"

namespace shiming::ledger {
namespace {

constexpr std::string_view kCheckpointPath = "checkpoint";

absl::Status Differs(std::string_view path, std::string_view how) {
  return MakeError(Reason::LEDGER_PROOF_INVALID,
                   absl::StrCat(std::string(path), ": ", std::string(how)));
}

// Holds each tile that the entries give against the file of the same name.
class TileChecker {
 public:
  TileChecker(TileReader tiles, LogReport* report)
      : tiles_(std::move(tiles)), report_(report) {}

  absl::Status Check(const TileEdge::Tile& tile) {
    ASSIGN_OR_RETURN(std::string stored, tiles_(tile.id));
    if (!std::string_view(stored).starts_with(tile.bytes)) {
      return Differs(TilePath(tile.id), "hashes differ from what is below");
    }
    ++report_->tile_count;
    return absl::OkStatus();
  }

 private:
  TileReader tiles_;
  LogReport* report_;
};

// Where a partial tile or bundle is gone, its full one is asked for.
absl::StatusOr<std::string> ReadTileOrFull(const FileReader& files, TileId id,
                                           bool* is_full) {
  *is_full = id.width == kTileWidth;
  absl::StatusOr<std::string> bytes = files(TilePath(id));
  if (bytes.ok() || *is_full || !absl::IsNotFound(bytes.status())) return bytes;
  id.width = kTileWidth;
  absl::StatusOr<std::string> full = files(TilePath(id));
  if (!full.ok()) return bytes.status();
  *is_full = true;
  return full;
}

}  // namespace

FileReader FilesBelow(std::string directory) {
  return [directory = std::move(directory)](
             std::string_view path) -> absl::StatusOr<std::string> {
    const std::string name = absl::StrCat(directory, "/", std::string(path));
    return ReadFile(name);
  };
}

TileReader TilesOf(FileReader files) {
  return [files = std::move(files)](
             const TileId& id) -> absl::StatusOr<std::string> {
    bool is_full = false;
    ASSIGN_OR_RETURN(std::string bytes, ReadTileOrFull(files, id, &is_full));
    const uint64_t width = is_full ? kTileWidth : id.width;
    if (bytes.size() != width * kHashSize) {
      return Differs(TilePath(id), "has a wrong length");
    }
    return bytes;
  };
}

absl::StatusOr<std::vector<std::string>> ReadBundle(const FileReader& files,
                                                    const TileId& id) {
  bool is_full = false;
  ASSIGN_OR_RETURN(std::string bytes, ReadTileOrFull(files, id, &is_full));
  absl::StatusOr<std::vector<std::string>> entries =
      DecodeBundle(bytes, is_full ? kTileWidth : id.width);
  if (!entries.ok()) return Differs(TilePath(id), "is no such bundle");
  entries->resize(id.width);
  return entries;
}

absl::StatusOr<LogReport> VerifyLog(const FileReader& files,
                                    const TrustPolicy& policy,
                                    const EntryVisitor& visit, Hasher hasher) {
  LogReport report;
  ASSIGN_OR_RETURN(report.note, files(kCheckpointPath));
  ASSIGN_OR_RETURN(report.checkpoint, policy.OpenCheckpoint(report.note));
  TileChecker checker(TilesOf(files), &report);
  TileEdge edge(hasher);
  while (edge.size() < report.checkpoint.size) {
    TileId id{.index = edge.size() / kTileWidth, .is_bundle = true};
    id.width = WidthOf(0, id.index, report.checkpoint.size);
    ASSIGN_OR_RETURN(std::vector<std::string> entries, ReadBundle(files, id));
    ++report.bundle_count;
    std::vector<TileEdge::Tile> filled;
    for (const std::string& entry : entries) {
      if (visit != nullptr) {
        RETURN_IF_ERROR(visit(edge.size(), entry));
      }
      edge.Append(hasher.Leaf(entry), &filled);
    }
    for (const TileEdge::Tile& tile : filled) {
      RETURN_IF_ERROR(checker.Check(tile));
    }
  }
  for (const TileEdge::Tile& tile : edge.Partials()) {
    RETURN_IF_ERROR(checker.Check(tile));
  }
  if (edge.Root() != report.checkpoint.root) {
    return Differs(kCheckpointPath, "root differs from the entries'");
  }
  return report;
}

absl::Status VerifyExtends(const FileReader& files, const TrustPolicy& policy,
                           const Checkpoint& current,
                           std::string_view older_note, Hasher hasher) {
  ASSIGN_OR_RETURN(Checkpoint older, policy.OpenCheckpoint(older_note));
  if (older.origin != current.origin || older.size > current.size) {
    return MakeError(Reason::LEDGER_PROOF_INVALID,
                     "the log is smaller than, or another than, before");
  }
  std::vector<Hash> path;
  if (older.size > 0) {
    const SubtreeReader subtrees =
        SubtreesFromTiles(hasher, TilesOf(files), current.size);
    ASSIGN_OR_RETURN(
        path, MakeConsistencyProof(hasher, subtrees, older.size, current.size));
  }
  return VerifyConsistency(hasher, older.size, current.size, path, older.root,
                           current.root);
}

absl::StatusOr<ReceiptReport> VerifyReceipt(
    std::string_view entry, std::string_view tlog_proof,
    std::span<const v1::CommitmentOpening> openings,
    const TrustPolicy& policy) {
  ReceiptReport report;
  ASSIGN_OR_RETURN(report.event, ParseEntry(entry));
  ASSIGN_OR_RETURN(TlogProof proof, ParseTlogProof(tlog_proof));
  report.index = proof.index;
  ASSIGN_OR_RETURN(report.checkpoint,
                   VerifyTlogProof(entry, tlog_proof, policy));
  RETURN_IF_ERROR(CheckOpenings(report.event, openings));
  return report;
}

}  // namespace shiming::ledger

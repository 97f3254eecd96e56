#include "ledger/log_mirror.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/tiles.h"

namespace shiming::ledger {
namespace {

constexpr char kCheckpoint[] = "checkpoint";

absl::Status Differs(std::string_view what) {
  return MakeError(Reason::LEDGER_PROOF_INVALID, what);
}

class Mirror {
 public:
  Mirror(const FileReader& files, const TrustPolicy& policy,
         const std::string& folder, Hasher hasher)
      : files_(files),
        policy_(policy),
        folder_(folder),
        copied_(FilesBelow(folder)),
        hasher_(hasher),
        edge_(hasher) {}

  absl::StatusOr<MirrorReport> Run() {
    ASSIGN_OR_RETURN(const std::string note, files_(kCheckpoint));
    MirrorReport report;
    ASSIGN_OR_RETURN(report.checkpoint, policy_.OpenCheckpoint(note));
    RETURN_IF_ERROR(ReadCopy(report.checkpoint));
    report.old_size = edge_.size();
    while (edge_.size() < report.checkpoint.size) {
      RETURN_IF_ERROR(CopyBundle(report.checkpoint.size));
    }
    for (const TileEdge::Tile& tile : edge_.Partials()) {
      RETURN_IF_ERROR(Write(tile.id, tile.bytes));
    }
    if (edge_.Root() != report.checkpoint.root) {
      return Differs("the log's entries do not give its root");
    }
    // Also when it has not grown: more witnesses may have cosigned it.
    RETURN_IF_ERROR(ReplaceFile(absl::StrCat(folder_, "/", kCheckpoint), note,
                                FileAccess::kEveryone));
    RemovePartials();
    return report;
  }

 private:
  // The edge of the copy; OK when a log of `checkpoint` may extend it.
  absl::Status ReadCopy(const Checkpoint& checkpoint) {
    RETURN_IF_ERROR(MakeFolder(folder_));
    const absl::StatusOr<std::string> note = copied_(kCheckpoint);
    if (absl::IsNotFound(note.status())) return absl::OkStatus();
    RETURN_IF_ERROR(note.status());
    ASSIGN_OR_RETURN(const Checkpoint copy, policy_.OpenCheckpoint(*note));
    if (copy.origin != checkpoint.origin || copy.size > checkpoint.size) {
      return Differs("the log is smaller than, or another than, its copy");
    }
    ASSIGN_OR_RETURN(edge_,
                     TileEdge::Restore(hasher_, copy.size, TilesOf(copied_)));
    if (edge_.Root() != copy.root) {
      return Differs("the copy's tiles do not give its root");
    }
    return absl::OkStatus();
  }

  // The bundle in which the copy ends, or the next one.
  absl::Status CopyBundle(uint64_t log_size) {
    TileId id{.index = edge_.size() / kTileWidth, .is_bundle = true};
    id.width = WidthOf(0, id.index, log_size);
    ASSIGN_OR_RETURN(const std::vector<std::string> entries,
                     ReadBundle(files_, id));
    const uint64_t known = edge_.size() % kTileWidth;
    RETURN_IF_ERROR(CheckKnown(id.index, known, entries));
    ASSIGN_OR_RETURN(const std::string bundle, EncodeBundle(entries));
    RETURN_IF_ERROR(Write(id, bundle));
    std::vector<TileEdge::Tile> filled;
    for (uint64_t i = known; i < entries.size(); ++i) {
      edge_.Append(hasher_.Leaf(entries[i]), &filled);
    }
    for (const TileEdge::Tile& tile : filled) {
      RETURN_IF_ERROR(Write(tile.id, tile.bytes));
    }
    return absl::OkStatus();
  }

  // The first `known` entries are in the copy's tree already: those of the log
  // must be the same, since only the others are hashed.
  absl::Status CheckKnown(uint64_t index, uint64_t known,
                          const std::vector<std::string>& entries) const {
    if (known == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(
        const std::vector<std::string> copied,
        ReadBundle(copied_,
                   {.index = index, .width = known, .is_bundle = true}));
    for (uint64_t i = 0; i < known; ++i) {
      if (i >= entries.size() || entries[i] != copied[i]) {
        return Differs("the log holds other entries than its copy");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Write(const TileId& id, const std::string& bytes) {
    const std::string path = absl::StrCat(folder_, "/", TilePath(id));
    RETURN_IF_ERROR(
        MakeFolder(std::filesystem::path(path).parent_path().string()));
    if (id.width == kTileWidth) filled_.push_back(path);
    return ReplaceFile(path, bytes, FileAccess::kEveryone);
  }

  // Those whose full ones are there (C2SP tlog-tiles allows it). Not before the
  // new checkpoint is: the one before rests on them.
  void RemovePartials() const {
    for (const std::string& path : filled_) {
      std::error_code ignored;
      std::filesystem::remove_all(path + ".p", ignored);
    }
  }

  const FileReader& files_;
  const TrustPolicy& policy_;
  const std::string& folder_;
  const FileReader copied_;
  const Hasher hasher_;
  TileEdge edge_;
  std::vector<std::string> filled_;  // paths of full tiles and bundles
};

}  // namespace

absl::StatusOr<MirrorReport> MirrorLog(const FileReader& files,
                                       const TrustPolicy& policy,
                                       const std::string& folder,
                                       Hasher hasher) {
  return Mirror(files, policy, folder, hasher).Run();
}

}  // namespace shiming::ledger

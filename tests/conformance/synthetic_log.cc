#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/files/file.h"
#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "tests/conformance/synthetic_ledger.h"

namespace shiming::conformance {
namespace {

ledger::NoteSigner SignerOf(const std::string& origin) {
  auto key = crypto::SigningKey::FromEd25519Seed(
      crypto::Sha256("synthetic key of " + origin));
  SHIMING_CHECK(key.ok(), "a seed of 32 bytes");
  auto signer = ledger::NoteSigner::ForLog(origin, *std::move(key));
  SHIMING_CHECK(signer.ok(), "a signer");
  return *std::move(signer);
}

}  // namespace

SyntheticLog::SyntheticLog(std::string directory, std::string origin)
    : directory_(std::move(directory)), origin_(std::move(origin)) {}

std::string SyntheticLog::vkey() const { return SignerOf(origin_).vkey(); }

absl::Status SyntheticLog::Publish(const std::vector<std::string>& entries) {
  const auto write = [&](const std::string& path,
                         std::string_view bytes) -> absl::Status {
    const std::filesystem::path file = directory_ + "/" + path;
    if (std::filesystem::exists(file) && path != "checkpoint") {
      return absl::OkStatus();
    }
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    return ReplaceFile(file.string(), bytes, FileAccess::kEveryone);
  };
  ledger::TileEdge edge;
  std::vector<std::string> bundle;
  for (const std::string& entry : entries) {
    std::vector<ledger::TileEdge::Tile> filled;
    edge.Append(ledger::Hasher().Leaf(entry), &filled);
    bundle.push_back(entry);
    for (const ledger::TileEdge::Tile& tile : filled) {
      RETURN_IF_ERROR(write(ledger::TilePath(tile.id), tile.bytes));
    }
    if (bundle.size() < ledger::kTileWidth && edge.size() < entries.size()) {
      continue;
    }
    const ledger::TileId id{.index = (edge.size() - 1) / ledger::kTileWidth,
                            .width = bundle.size(),
                            .is_bundle = true};
    ASSIGN_OR_RETURN(const std::string bytes, ledger::EncodeBundle(bundle));
    RETURN_IF_ERROR(write(ledger::TilePath(id), bytes));
    bundle.clear();
  }
  for (const ledger::TileEdge::Tile& tile : edge.Partials()) {
    RETURN_IF_ERROR(write(ledger::TilePath(tile.id), tile.bytes));
  }
  const std::string text = ledger::FormatCheckpoint(
      {.origin = origin_, .size = edge.size(), .root = edge.Root()});
  ASSIGN_OR_RETURN(const std::string line,
                   SignerOf(origin_).SignLine(text, absl::UnixEpoch()));
  return write("checkpoint", ledger::JoinNote(text, line));
}

absl::StatusOr<PublishedLogs> PublishLogs(const SyntheticLedger& ledger,
                                          const std::string& folder) {
  PublishedLogs published{.policy_file = folder + "/policy"};
  std::string policy;
  for (size_t i = 0; i < ledger.logs().size(); ++i) {
    published.folders.push_back(absl::StrCat(folder, "/", i + 1));
    SyntheticLog log(published.folders.back(), ledger.logs()[i].origin);
    RETURN_IF_ERROR(log.Publish(ledger.EntriesOf(i)));
    absl::StrAppend(&policy, "log ", log.vkey(), "\n");
  }
  RETURN_IF_ERROR(ReplaceFile(published.policy_file, policy + "quorum none\n",
                              FileAccess::kEveryone));
  return published;
}

}  // namespace shiming::conformance

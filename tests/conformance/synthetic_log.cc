#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/tiles.h"
#include "tests/conformance/synthetic_ledger.h"

namespace shiming::conformance {
namespace {

ledger::NoteSigner SignerOf(const std::string& seed) {
  auto key = crypto::SigningKey::FromEd25519Seed(seed);
  SHIMING_CHECK(key.ok(), "a seed of 32 bytes");
  auto signer = ledger::NoteSigner::ForLog(std::string(SyntheticLog::kOrigin),
                                           *std::move(key));
  SHIMING_CHECK(signer.ok(), "a signer");
  return *std::move(signer);
}

}  // namespace

SyntheticLog::SyntheticLog(std::string directory, std::string seed)
    : directory_(std::move(directory)), seed_(std::move(seed)) {}

std::string SyntheticLog::vkey() const { return SignerOf(seed_).vkey(); }

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
  const std::string text =
      ledger::FormatCheckpoint({.origin = std::string(kOrigin),
                                .size = edge.size(),
                                .root = edge.Root()});
  ASSIGN_OR_RETURN(const std::string line,
                   SignerOf(seed_).SignLine(text, absl::UnixEpoch()));
  return write("checkpoint", ledger::JoinNote(text, line));
}

}  // namespace shiming::conformance

// Goal: a copy follows its log, verifies at every size, and never follows a
// log that is not the same.
#include "ledger/log_mirror.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/testing/temp_dir.h"
#include "ledger/note.h"
#include "ledger/tiles.h"

namespace shiming::ledger {
namespace {

// A log's files in memory. Two logs share their entries up to `common`.
class MemoryLog {
 public:
  explicit MemoryLog(std::string history, uint64_t common = 0)
      : history_(std::move(history)), common_(common) {}

  void GrowTo(uint64_t size) {
    for (; edge_.size() < size;) {
      pending_.push_back((edge_.size() < common_ ? "common" : history_) +
                         std::to_string(edge_.size()));
      std::vector<TileEdge::Tile> filled;
      edge_.Append(Hasher().Leaf(pending_.back()), &filled);
      for (const auto& tile : filled) files[TilePath(tile.id)] = tile.bytes;
      if (pending_.size() == kTileWidth) WriteBundle();
    }
    if (!pending_.empty()) WriteBundle();
    for (const auto& tile : edge_.Partials()) {
      files[TilePath(tile.id)] = tile.bytes;
    }
    const std::string text = FormatCheckpoint(
        {.origin = "log.example", .size = size, .root = edge_.Root()});
    files["checkpoint"] =
        JoinNote(text, *signer_.SignLine(text, absl::UnixEpoch()));
  }

  FileReader Reader() {
    return [this](std::string_view path) -> absl::StatusOr<std::string> {
      const auto file = files.find(std::string(path));
      if (file == files.end()) return MakeError(Reason::NOT_FOUND, path);
      return file->second;
    };
  }

  TrustPolicy policy() const {
    return TrustPolicy::ForLog(*NoteVerifier::Parse(signer_.vkey()));
  }

  std::map<std::string, std::string> files;

 private:
  void WriteBundle() {
    const TileId id{.index = (edge_.size() - 1) / kTileWidth,
                    .width = pending_.size(),
                    .is_bundle = true};
    files[TilePath(id)] = *EncodeBundle(pending_);
    if (pending_.size() == kTileWidth) pending_.clear();
  }

  const std::string history_;
  const uint64_t common_;
  const NoteSigner signer_ = *NoteSigner::ForLog(
      "log.example",
      *crypto::SigningKey::FromEd25519Seed(std::string(32, 'k')));
  TileEdge edge_;
  std::vector<std::string> pending_;
};

class LogMirrorTest : public ::testing::Test {
 protected:
  absl::StatusOr<MirrorReport> Mirror(MemoryLog& log) {
    return MirrorLog(log.Reader(), log.policy(), folder_.path() + "/copy");
  }

  // The copy verifies as a log of its own, with so many entries.
  void ExpectCopy(const MemoryLog& log, uint64_t size) {
    const auto verified =
        VerifyLog(FilesBelow(folder_.path() + "/copy"), log.policy());
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->checkpoint.size, size);
  }

  shiming::testing::TempDir folder_;
};

TEST_F(LogMirrorTest, FollowsItsLog) {
  MemoryLog log("a");
  uint64_t last = 0;
  // Within a bundle, at its end, over several, and not at all.
  for (const uint64_t size : {0, 1, 2, 255, 256, 257, 600, 600, 70000}) {
    SCOPED_TRACE(size);
    log.GrowTo(size);
    const auto report = Mirror(log);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->old_size, last);
    EXPECT_EQ(report->checkpoint.size, size);
    ASSERT_NO_FATAL_FAILURE(ExpectCopy(log, size));
    last = size;
  }
}

TEST_F(LogMirrorTest, PartialFilesThatAreGoneAreNotNeeded) {
  MemoryLog log("a");
  log.GrowTo(300);
  log.GrowTo(600);
  const std::string checkpoint_at_600 = log.files["checkpoint"];
  log.GrowTo(800);
  // The log has gone on and removed what its full files replace.
  std::erase_if(log.files, [](const auto& file) {
    return file.first.find("002.p/") != std::string::npos;
  });
  log.files["checkpoint"] = checkpoint_at_600;
  const auto report = Mirror(log);
  ASSERT_TRUE(report.ok()) << report.status();
  ExpectCopy(log, 600);
}

TEST_F(LogMirrorTest, NeverGoesBackOrOverToAFork) {
  MemoryLog log("a", 400);
  log.GrowTo(400);
  ASSERT_TRUE(Mirror(log).ok());
  MemoryLog shorter("a", 400);
  shorter.GrowTo(399);
  EXPECT_TRUE(
      HasReason(Mirror(shorter).status(), Reason::LEDGER_PROOF_INVALID));
  // Other entries from the beginning; from the middle of the copied part, in
  // its last bundle; from there on, but the same size.
  MemoryLog other("b");
  other.GrowTo(500);
  EXPECT_TRUE(HasReason(Mirror(other).status(), Reason::LEDGER_PROOF_INVALID));
  for (const uint64_t fork : {100, 399}) {
    MemoryLog from("c", fork);
    for (const uint64_t size : {400, 401, 700}) {
      from.GrowTo(size);
      const auto report = Mirror(from);
      EXPECT_TRUE(HasReason(report.status(), Reason::LEDGER_PROOF_INVALID))
          << fork << " at " << size << ": " << report.status();
    }
  }
  // It is still the copy that it was, and goes on with its log.
  ASSERT_NO_FATAL_FAILURE(ExpectCopy(log, 400));
  log.GrowTo(900);
  ASSERT_TRUE(Mirror(log).ok());
  ExpectCopy(log, 900);
}

TEST_F(LogMirrorTest, ADamagedLogIsNotFollowed) {
  MemoryLog log("a");
  log.GrowTo(300);
  ASSERT_TRUE(Mirror(log).ok());
  log.GrowTo(600);
  const auto good = log.files;
  for (const auto& [path, bytes] : good) {
    // What the copy has already is not read again; tiles are made here.
    if (path.find("entries/001") == std::string::npos &&
        path.find("entries/002") == std::string::npos) {
      continue;
    }
    if (path == "tile/entries/001.p/44") continue;
    SCOPED_TRACE(path);
    log.files[path].back() ^= 1;
    EXPECT_TRUE(HasReason(Mirror(log).status(), Reason::LEDGER_PROOF_INVALID));
    log.files.erase(path);
    EXPECT_FALSE(Mirror(log).ok());
    log.files = good;
    ASSERT_NO_FATAL_FAILURE(ExpectCopy(log, 300));
  }
  ASSERT_TRUE(Mirror(log).ok());
  ExpectCopy(log, 600);
}

TEST_F(LogMirrorTest, AnotherKeyIsNotTrusted) {
  MemoryLog log("a");
  log.GrowTo(10);
  const TrustPolicy other = TrustPolicy::ForLog(*NoteVerifier::Parse(
      NoteSigner::ForLog("log.example", *crypto::SigningKey::FromEd25519Seed(
                                            std::string(32, 'x')))
          ->vkey()));
  EXPECT_TRUE(HasReason(
      MirrorLog(log.Reader(), other, folder_.path() + "/copy").status(),
      Reason::LEDGER_SIGNATURE_INVALID));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/copy"));
}

}  // namespace
}  // namespace shiming::ledger

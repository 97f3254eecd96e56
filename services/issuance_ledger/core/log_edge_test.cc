// Goal: the files of a log are right at the sizes where tiles and levels fill
// up. Method: grow one log in memory over 65,536 entries and verify all its
// files, as an auditor does, at each size.
#include "services/issuance_ledger/core/log_edge.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "gtest/gtest.h"
#include "ledger/audit_reader.h"
#include "ledger/note.h"
#include "ledger/policy.h"
#include "ledger/tree.h"

namespace shiming::issuance_ledger {
namespace {

class LogEdgeTest : public testing::Test {
 protected:
  void GrowTo(uint64_t size) {
    std::vector<TileFile> filled;
    while (edge_.size() < size) {
      std::string entry = "entry " + std::to_string(edge_.size());
      tree_.Append(ledger::Hasher().Leaf(entry));
      ASSERT_TRUE(edge_.Append(std::move(entry), &filled).ok());
    }
    for (auto& [id, bytes] : filled) files_[TilePath(id)] = std::move(bytes);
  }

  // The partial files and the checkpoint of the present size.
  void Publish() {
    const auto partials = edge_.Partials();
    ASSERT_TRUE(partials.ok());
    for (const auto& [id, bytes] : *partials) files_[TilePath(id)] = bytes;
    const std::string text = ledger::FormatCheckpoint(
        {.origin = "log", .size = edge_.size(), .root = edge_.Root()});
    files_["checkpoint"] =
        ledger::JoinNote(text, *signer_.SignLine(text, absl::UnixEpoch()));
  }

  absl::StatusOr<ledger::LogReport> Verify() {
    const auto policy = ledger::TrustPolicy::ForLog(
        *ledger::NoteVerifier::Parse(signer_.vkey()));
    return ledger::VerifyLog(
        [this](std::string_view path) -> absl::StatusOr<std::string> {
          const auto file = files_.find(std::string(path));
          if (file == files_.end()) return MakeError(Reason::NOT_FOUND, path);
          return file->second;
        },
        policy);
  }

  ledger::NoteSigner signer_ = *ledger::NoteSigner::ForLog(
      "log", *crypto::SigningKey::FromEd25519Seed(std::string(32, 's')));
  LogEdge edge_;
  ledger::TreeEdge tree_;
  std::map<std::string, std::string> files_;
};

TEST_F(LogEdgeTest, FilesVerifyAtEveryBoundary) {
  for (const uint64_t size :
       {0, 1, 255, 256, 257, 65535, 65536, 65537, 65800}) {
    GrowTo(size);
    Publish();
    const auto report = Verify();
    ASSERT_TRUE(report.ok()) << size << ": " << report.status();
    EXPECT_EQ(report->checkpoint.size, size);
    EXPECT_EQ(edge_.Root(), tree_.Root()) << size;
  }
  EXPECT_TRUE(files_.contains("tile/1/000"));
  EXPECT_TRUE(files_.contains("tile/2/000.p/1"));
}

TEST_F(LogEdgeTest, EdgeGoesOnFromItsTiles) {
  GrowTo(65800);
  Publish();
  const auto tiles = ledger::TileEdge::Restore(
      ledger::Hasher(), 65800,
      [this](const ledger::TileId& id) -> absl::StatusOr<std::string> {
        return files_.at(TilePath(id));
      });
  ASSERT_TRUE(tiles.ok());
  EXPECT_EQ(tiles->Root(), tree_.Root());
}

TEST_F(LogEdgeTest, EntryOverTheLimitIsRefused) {
  std::vector<TileFile> filled;
  GrowTo(255);
  EXPECT_TRUE(HasReason(edge_.Append(std::string(65536, 'x'), &filled),
                        Reason::LEDGER_FORMAT_INVALID));
}

}  // namespace
}  // namespace shiming::issuance_ledger

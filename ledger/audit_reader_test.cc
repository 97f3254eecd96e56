// Goal: a log that is right verifies; one changed byte anywhere does not.
#include "ledger/audit_reader.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/commitment.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "gtest/gtest.h"
#include "ledger/entry.h"
#include "ledger/note.h"
#include "ledger/tlog_proof.h"

namespace shiming::ledger {
namespace {

constexpr uint64_t kSize = 600;

v1::Event EventAt(uint64_t index) {
  v1::Event event;
  event.set_format(kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/" + std::to_string(index));
  event.mutable_id()->set_version(1);
  event.set_kind(v1::EVENT_KIND_ORDER_PLACED);
  event.mutable_time()->set_seconds(1700000000);
  auto* commitment = event.add_commitments();
  commitment->set_field(v1::COMMITMENT_FIELD_DEVICE);
  commitment->set_sha256(crypto::Commit(LabelOf(v1::COMMITMENT_FIELD_DEVICE),
                                        std::string(32, 's'),
                                        std::to_string(index)));
  return event;
}

class AuditReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> pending;
    while (edge_.size() < kSize) {
      pending.push_back(SerializeEvent(EventAt(edge_.size())));
      std::vector<TileEdge::Tile> filled;
      edge_.Append(Hasher().Leaf(pending.back()), &filled);
      for (const auto& tile : filled) files_[TilePath(tile.id)] = tile.bytes;
      if (pending.size() == kTileWidth || edge_.size() == kSize) {
        files_[TilePath({.index = (edge_.size() - 1) / kTileWidth,
                         .width = pending.size(),
                         .is_bundle = true})] = *EncodeBundle(pending);
        pending.clear();
      }
      if (edge_.size() == 300) {
        older_ = SignedAt(300, edge_.Root());
        // The one partial of 300 whose full tile is not there at 600.
        files_["tile/1/000.p/1"] = edge_.Partials()[1].bytes;
      }
    }
    for (const auto& tile : edge_.Partials()) {
      files_[TilePath(tile.id)] = tile.bytes;
    }
    files_["checkpoint"] = SignedAt(kSize, edge_.Root());
  }

  std::string SignedAt(uint64_t size, const Hash& root) {
    const std::string text =
        FormatCheckpoint({.origin = "log.example", .size = size, .root = root});
    return JoinNote(text, *signer_.SignLine(text, absl::UnixEpoch()));
  }

  FileReader Files() {
    return [this](std::string_view path) -> absl::StatusOr<std::string> {
      const auto file = files_.find(std::string(path));
      if (file == files_.end()) return MakeError(Reason::NOT_FOUND, path);
      return file->second;
    };
  }

  NoteSigner signer_ = *NoteSigner::ForLog(
      "log.example",
      *crypto::SigningKey::FromEd25519Seed(std::string(32, 'k')));
  TrustPolicy policy_ =
      TrustPolicy::ForLog(*NoteVerifier::Parse(signer_.vkey()));
  TileEdge edge_;
  std::map<std::string, std::string> files_;
  std::string older_;
};

TEST_F(AuditReaderTest, GoodLogVerifies) {
  uint64_t visited = 0;
  const auto report = VerifyLog(Files(), policy_,
                                [&](uint64_t index, const std::string& entry) {
                                  EXPECT_EQ(index, visited++);
                                  return ParseEntry(entry).status();
                                });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->checkpoint.size, kSize);
  EXPECT_EQ(report->bundle_count, 3u);
  EXPECT_EQ(report->tile_count, 4u);
  EXPECT_EQ(visited, kSize);
}

TEST_F(AuditReaderTest, AnyFlippedByteFails) {
  const auto good = files_;
  for (const auto& [path, bytes] : good) {
    if (path == "tile/1/000.p/1") continue;  // of an older checkpoint
    for (size_t at : {size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      files_ = good;
      files_[path][at] ^= 1;
      EXPECT_FALSE(VerifyLog(Files(), policy_).ok()) << path << " " << at;
    }
    files_ = good;
    files_.erase(path);
    EXPECT_FALSE(VerifyLog(Files(), policy_).ok()) << path;
  }
}

TEST_F(AuditReaderTest, FullTileServesForItsPartials) {
  files_["checkpoint"] = older_;
  const auto report = VerifyLog(Files(), policy_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->checkpoint.size, 300u);
}

TEST_F(AuditReaderTest, ExtensionIsProven) {
  const auto report = VerifyLog(Files(), policy_);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(VerifyExtends(Files(), policy_, report->checkpoint, older_).ok());
  const std::string forked = SignedAt(300, std::string(32, 'f'));
  EXPECT_TRUE(
      HasReason(VerifyExtends(Files(), policy_, report->checkpoint, forked),
                Reason::LEDGER_PROOF_INVALID));
  const std::string larger = SignedAt(kSize + 1, edge_.Root());
  EXPECT_FALSE(
      VerifyExtends(Files(), policy_, report->checkpoint, larger).ok());
}

TEST_F(AuditReaderTest, ReceiptVerifiesOffline) {
  const auto path = MakeInclusionProof(
      Hasher(), SubtreesFromTiles(Hasher(), TilesOf(Files()), kSize),
      /*index=*/257, kSize);
  ASSERT_TRUE(path.ok());
  const std::string proof = FormatTlogProof(
      {.index = 257, .path = *path, .checkpoint = files_["checkpoint"]});
  const std::string entry = SerializeEvent(EventAt(257));
  v1::CommitmentOpening opening;
  opening.set_field(v1::COMMITMENT_FIELD_DEVICE);
  opening.set_salt(std::string(32, 's'));
  opening.set_value("257");
  const auto report =
      VerifyReceipt(entry, proof, std::vector{opening}, policy_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->index, 257u);
  EXPECT_EQ(report->event.id().aggregate(), "order/257");
  EXPECT_FALSE(
      VerifyReceipt(SerializeEvent(EventAt(256)), proof, {}, policy_).ok());
  opening.set_value("258");
  EXPECT_TRUE(HasReason(
      VerifyReceipt(entry, proof, std::vector{opening}, policy_).status(),
      Reason::LEDGER_OPENING_INVALID));
}

}  // namespace
}  // namespace shiming::ledger

// Goal: a witness's memory survives, belongs to one key and one process, and
// is refused rather than misread.
#include "tools/witness/witness_state.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "gtest/gtest.h"
#include "ledger/note.h"
#include "ledger/witness.h"

namespace shiming::witness {
namespace {

using shiming::testing::FailsWith;
using shiming::testing::IsOk;
using shiming::testing::StatusIs;

ledger::NoteSigner Signer(const std::string& name, char seed) {
  return *ledger::NoteSigner::ForWitness(
      name, *crypto::SigningKey::FromEd25519Seed(std::string(32, seed)));
}

class WitnessStateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(WitnessState::Create(folder_, signer_.vkey()), IsOk());
  }

  absl::StatusOr<std::unique_ptr<WitnessState>> Open(
      const ledger::NoteSigner& signer) {
    return WitnessState::Open(folder_,
                              *ledger::NoteVerifier::Parse(signer.vkey()));
  }

  static ledger::Checkpoint CheckpointAt(uint64_t size) {
    return {
        .origin = "log.example", .size = size, .root = std::string(32, 'r')};
  }

  static std::string NoteBy(const ledger::NoteSigner& signer,
                            const ledger::Checkpoint& checkpoint) {
    const std::string text = ledger::FormatCheckpoint(checkpoint);
    return ledger::JoinNote(
        text, *signer.SignLine(text, absl::FromUnixSeconds(1700000000)));
  }

  static std::string RecordName() {
    return ledger::OriginHash("log.example") + ".checkpoint";
  }
  std::string RecordFile() const { return folder_ + "/" + RecordName(); }

  shiming::testing::TempDir dir_;
  std::string folder_ = dir_.File("state");
  ledger::NoteSigner signer_ = Signer("witness.example", 'w');
};

TEST_F(WitnessStateTest, RemembersOverRestarts) {
  const std::string hash = ledger::OriginHash("log.example");
  {
    auto state = Open(signer_);
    ASSERT_THAT(state, IsOk());
    EXPECT_EQ((*state)->HoldLog("log.example").tree().size, 0u);
    EXPECT_FALSE((*state)->CosignedBy(hash).has_value());
    auto hold = (*state)->HoldLog("log.example");
    ASSERT_THAT(hold.Replace(CheckpointAt(7), NoteBy(signer_, CheckpointAt(7))),
                IsOk());
  }
  auto state = Open(signer_);
  ASSERT_THAT(state, IsOk());
  EXPECT_EQ((*state)->HoldLog("log.example").tree().size, 7u);
  EXPECT_EQ((*state)->HoldLog("log.example").tree().root, std::string(32, 'r'));
  EXPECT_EQ((*state)->HoldLog("other.example").tree().size, 0u);
  EXPECT_EQ((*state)->CosignedBy(hash), NoteBy(signer_, CheckpointAt(7)));
}

TEST_F(WitnessStateTest, OneProcessAtATime) {
  auto state = Open(signer_);
  ASSERT_THAT(state, IsOk());
  EXPECT_THAT(Open(signer_), FailsWith(Reason::WITNESS_STATE_IN_USE));
  state->reset();
  EXPECT_THAT(Open(signer_), IsOk());
}

TEST_F(WitnessStateTest, IsMadeOnceAndBelongsToOneKey) {
  EXPECT_THAT(WitnessState::Create(folder_, signer_.vkey()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Open(Signer("witness.example", 'x')),
              FailsWith(Reason::WITNESS_STATE_INVALID));
  EXPECT_THAT(Open(Signer("renamed.example", 'w')),
              FailsWith(Reason::WITNESS_STATE_INVALID));
  // A lost folder must not come back empty by itself.
  std::filesystem::remove_all(folder_);
  EXPECT_THAT(Open(signer_), FailsWith(Reason::WITNESS_STATE_INVALID));
}

TEST_F(WitnessStateTest, DamagedRecordsAreRefused) {
  const std::string good = NoteBy(signer_, CheckpointAt(7));
  std::string flipped = good;
  flipped[14] ^= 1;  // in the size or the root
  ledger::Checkpoint other = CheckpointAt(7);
  other.origin = "other.example";
  for (const std::string& bytes :
       {std::string(), std::string("junk"), good.substr(0, good.size() / 2),
        flipped, NoteBy(Signer("witness.example", 'x'), CheckpointAt(7)),
        NoteBy(signer_, other)}) {
    dir_.Write("state/" + RecordName(), bytes);
    EXPECT_THAT(Open(signer_), FailsWith(Reason::WITNESS_STATE_INVALID))
        << bytes;
  }
  std::filesystem::remove(RecordFile());
  EXPECT_THAT(Open(signer_), IsOk());
}

// What a crash leaves behind in the middle of a write is no record.
TEST_F(WitnessStateTest, UnfinishedWriteIsNoRecord) {
  dir_.Write("state/" + RecordName() + ".new", "half");
  auto state = Open(signer_);
  ASSERT_THAT(state, IsOk());
  EXPECT_EQ((*state)->HoldLog("log.example").tree().size, 0u);
}

TEST_F(WitnessStateTest, FailedWriteKeepsTheOldRecord) {
  auto state = Open(signer_);
  ASSERT_THAT(state, IsOk());
  // A folder in its place cannot be renamed over.
  std::filesystem::create_directories(RecordFile() + "/x");
  auto hold = (*state)->HoldLog("log.example");
  EXPECT_FALSE(
      hold.Replace(CheckpointAt(7), NoteBy(signer_, CheckpointAt(7))).ok());
  EXPECT_EQ(hold.tree().size, 0u);
  std::filesystem::remove_all(RecordFile());
  EXPECT_THAT(hold.Replace(CheckpointAt(8), NoteBy(signer_, CheckpointAt(8))),
              IsOk());
  EXPECT_EQ(hold.tree().size, 8u);
}

}  // namespace
}  // namespace shiming::witness

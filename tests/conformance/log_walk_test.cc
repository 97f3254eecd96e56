// Goal: an audit of a log's files takes exactly the entries that the signed
// checkpoint covers, goes on from a saved state at the cost of what is new, and
// refuses a log or a state that is not the one before.
#include "ledger/audit/log_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/files/file.h"
#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "ledger/audit/state_file.h"
#include "ledger/note.h"
#include "tests/conformance/audit_of.h"
#include "tests/conformance/planted_ledgers.h"

namespace shiming::conformance {
namespace {

using ledger::AuditOptions;
using ledger::AuditReplay;
using shiming::testing::FailsWith;
using shiming::testing::IsOk;

class LogWalkTest : public ::testing::Test {
 protected:
  ledger::FileReader CountingFiles() {
    return
        [this, files = ledger::FilesBelow(dir_.path())](std::string_view path) {
          ++read_count_;
          return files(path);
        };
  }

  void Issue(int count) {
    for (int i = 0; i < count; ++i) planted_.ledger.Issue(planted_.second);
  }
  void Publish() {
    ASSERT_THAT(log_.Publish(planted_.ledger.entries()), IsOk());
  }

  // A walk from `start`; the replay goes on.
  absl::StatusOr<ledger::WalkReport> Walk(
      AuditReplay& replay, std::optional<ledger::WalkStart> start = {}) {
    read_count_ = 0;
    if (replay.logs().empty())
      replay.BeginLog(std::string(SyntheticLog::kOrigin));
    auto walk = ledger::WalkLog(
        CountingFiles(), policy_, {.start = std::move(start), .threads = 2},
        replay.keys(),
        [&](const ledger::AuditEntry& entry) { replay.Visit(entry); });
    if (walk.ok()) replay.EndLog(walk->checkpoint);
    return walk;
  }

  ledger::v1::AuditState StateOf(const AuditReplay& replay,
                                 const ledger::WalkReport& walk) {
    ledger::v1::AuditState state;
    replay.Save(&state);
    state.set_checkpoint_note(walk.note);
    state.set_options(ledger::TextOf(AuditOptions{}));
    return state;
  }
  static ledger::WalkStart StartOf(const ledger::WalkReport& walk) {
    return {.origin = walk.checkpoint.origin,
            .size = walk.checkpoint.size,
            .root = walk.checkpoint.root};
  }

  // Changes one byte of a file of the log.
  void Flip(const std::string& name, size_t at) {
    std::string bytes = dir_.Read(name);
    ASSERT_GT(bytes.size(), at) << name;
    bytes[at] ^= 1;
    dir_.Write(name, bytes);
  }

  shiming::testing::TempDir dir_;
  SyntheticLog log_{dir_.path()};
  PlantedLedger planted_;
  ledger::TrustPolicy policy_ =
      ledger::TrustPolicy::ForLog(*ledger::NoteVerifier::Parse(log_.vkey()));
  int read_count_ = 0;
};

TEST_F(LogWalkTest, VisitsEveryEntryOnce) {
  for (const int issues : {0, 22, 30}) {  // around 256 entries and beyond
    Issue(issues);
    Publish();
    AuditReplay replay{AuditOptions{}};
    const auto walk = Walk(replay);
    ASSERT_THAT(walk, IsOk());
    EXPECT_EQ(replay.size(), planted_.ledger.size());
    const ledger::AuditFindings found = replay.Finish();
    EXPECT_TRUE(found.violations.empty()) << TextOf(found);
    EXPECT_EQ(found.codes_proven, found.codes_revealed);
  }
}

TEST_F(LogWalkTest, GoingOnReadsTheNewFilesOnly) {
  Issue(900);  // some 9,900 entries, 39 bundles
  Publish();
  AuditReplay whole{AuditOptions{}};
  const auto first = Walk(whole);
  ASSERT_THAT(first, IsOk());
  const int whole_count = read_count_;
  EXPECT_GT(whole_count, 2 * 38);
  const ledger::v1::AuditState state = StateOf(whole, *first);

  Issue(30);  // a day: two bundles
  Publish();
  auto replay = AuditReplay::Restore(AuditOptions{}, state);
  ASSERT_THAT(replay, IsOk());
  const auto second = Walk(*replay, StartOf(*first));
  ASSERT_THAT(second, IsOk());
  // The checkpoint, two or three bundles with their tiles, the right edge of
  // the older tree twice (proof and edge).
  EXPECT_LE(read_count_, 20);
  EXPECT_LT(read_count_, whole_count / 3);
  EXPECT_EQ(second->first, first->checkpoint.size);
  EXPECT_LE(second->bundle_count, 3u);
  EXPECT_EQ(replay->size(), planted_.ledger.size());
  const ledger::AuditFindings found = replay->Finish();
  EXPECT_TRUE(found.violations.empty()) << TextOf(found);
  EXPECT_EQ(found.codes_proven, 931u);

  // Nothing new: the checkpoint alone and the edge.
  auto again = AuditReplay::Restore(AuditOptions{}, state);
  const auto third = Walk(*again, StartOf(*second));
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(third->bundle_count, 0u);
}

TEST_F(LogWalkTest, AChangedByteAnywhereIsNoticed) {
  Issue(50);
  Publish();
  for (const auto& [name, at] :
       std::vector<std::pair<std::string, size_t>>{{"tile/entries/000", 3000},
                                                   {"tile/entries/001", 1},
                                                   {"tile/0/000", 77},
                                                   {"tile/1/000.p/2", 40},
                                                   {"checkpoint", 25}}) {
    Flip(name, at);
    AuditReplay replay{AuditOptions{}};
    EXPECT_FALSE(Walk(replay).ok()) << name;
    Flip(name, at);
  }
  AuditReplay replay{AuditOptions{}};
  EXPECT_THAT(Walk(replay), IsOk());
}

TEST_F(LogWalkTest, AnotherHistoryOrASmallerLogIsRefused) {
  Issue(50);
  Publish();
  AuditReplay replay{AuditOptions{}};
  const auto walk = Walk(replay);
  ASSERT_THAT(walk, IsOk());

  // A log of the same key that says something else: other keys, signatures.
  shiming::testing::TempDir other_dir;
  PlantedLedger other;
  for (int i = 0; i < 60; ++i) other.ledger.Issue(other.second);
  SyntheticLog other_log(other_dir.path());
  const auto walk_other = [&] {
    AuditReplay fresh{AuditOptions{}};
    return ledger::WalkLog(ledger::FilesBelow(other_dir.path()), policy_,
                           {.start = StartOf(*walk)}, fresh.keys(),
                           [](const ledger::AuditEntry&) {});
  };
  ASSERT_THAT(other_log.Publish(other.ledger.entries()), IsOk());
  EXPECT_THAT(walk_other(), FailsWith(Reason::LEDGER_PROOF_INVALID));

  ledger::WalkStart larger = StartOf(*walk);
  larger.size += 1;
  AuditReplay fresh{AuditOptions{}};
  EXPECT_THAT(Walk(fresh, larger), FailsWith(Reason::LEDGER_PROOF_INVALID));
  ledger::WalkStart foreign = StartOf(*walk);
  foreign.origin = "another.example";
  EXPECT_THAT(Walk(fresh, foreign), FailsWith(Reason::AUDIT_STATE_FOREIGN));
}

TEST_F(LogWalkTest, AStateFileThatIsTornEditedOrForeignIsRefused) {
  Publish();
  AuditReplay replay{AuditOptions{}};
  const auto walk = Walk(replay);
  ASSERT_THAT(walk, IsOk());
  const ledger::v1::AuditState state = StateOf(replay, *walk);
  shiming::testing::TempDir dir;
  const std::string path = dir.File("state");
  const auto read = [&](const AuditOptions& options = {}) {
    return ledger::ReadAuditState(path, policy_, options).status();
  };
  EXPECT_TRUE(absl::IsNotFound(read()));
  ASSERT_THAT(ledger::WriteAuditState(path, state), IsOk());
  EXPECT_THAT(read(), IsOk());
  const std::string good = dir.Read("state");

  for (size_t size = 0; size < good.size(); size += 97) {
    dir.Write("state", good.substr(0, size));
    EXPECT_THAT(read(), FailsWith(Reason::AUDIT_STATE_DAMAGED)) << size;
  }
  for (size_t at = ledger::kAuditStateHeader.size(); at < good.size();
       at += 101) {
    std::string edited = good;
    edited[at] ^= 1;
    dir.Write("state", edited);
    EXPECT_THAT(read(), FailsWith(Reason::AUDIT_STATE_DAMAGED)) << at;
  }
  dir.Write("state", "shiming audit state v1\n" + good.substr(23));
  EXPECT_THAT(read(), FailsWith(Reason::AUDIT_STATE_FOREIGN));
  dir.Write("state", good);
  AuditOptions lax;
  lax.person_limit = 50;
  EXPECT_THAT(read(lax), FailsWith(Reason::AUDIT_STATE_FOREIGN));

  // With its checksum made anew, its size still has to be the checkpoint's.
  ledger::v1::AuditState smaller = state;
  smaller.mutable_logs(0)->set_size(3);
  ASSERT_THAT(ledger::WriteAuditState(path, smaller), IsOk());
  EXPECT_THAT(read(), FailsWith(Reason::AUDIT_STATE_DAMAGED));
  ledger::v1::AuditState unsigned_state = state;
  unsigned_state.set_checkpoint_note("no note");
  ASSERT_THAT(ledger::WriteAuditState(path, unsigned_state), IsOk());
  EXPECT_THAT(read(), FailsWith(Reason::AUDIT_STATE_FOREIGN));
}

}  // namespace
}  // namespace shiming::conformance

// Backups as an operator makes and restores them. Goal: what is restored is
// what was there, serves when nothing has happened since, is refused when
// something has, and the ledger's repair makes good what the record can make
// good. Method: the real binaries, shimingctl as it is typed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/prove.h"
#include "tests/e2e/shop_floor.h"
#include "tests/fault/backup_commands.h"
#include "tests/fault/issuance_load.h"
#include "tests/fault/issue_one.h"
#include "tests/fault/log_record.h"

namespace shiming::fault {
namespace {

namespace fs = std::filesystem;
using e2e::Cluster;
using e2e::CommandResult;
using e2e::Mode;
using e2e::ShopFloor;

constexpr absl::Duration kStopLimit = absl::Seconds(30);
// A service that waits for the ledger first needs some time to find out.
constexpr absl::Duration kRefuseLimit = absl::Seconds(30);
constexpr absl::Duration kLongEnough = absl::Minutes(5);

const Words kAll = {"profile_order", "identity_verification", "identity_keys",
                    "terminal_session", "issuance_ledger"};

class BackupTest : public ::testing::Test {
 protected:
  void Start(Mode mode, int stock = 300) {
    auto cluster = Cluster::Start({.mode = mode, .stock = stock});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    auto floor = ShopFloor::Open(*cluster_, cluster_->counter(),
                                 {.patience = absl::Seconds(30)});
    ASSERT_TRUE(floor.ok()) << floor.status();
    floor_ = *std::move(floor);
    ASSERT_TRUE(floor_->SignIn().ok());
    backups_ = std::make_unique<BackupCommands>(cluster_->layout());
  }

  void Issue() {
    const absl::Status issued = IssueOne(*floor_);
    ASSERT_TRUE(issued.ok()) << issued;
    ++issued_;
  }

  void StopAll() {
    for (const std::string& name : cluster_->ServiceNames()) {
      auto exit_code = cluster_->process(name).Terminate(kStopLimit);
      ASSERT_TRUE(exit_code.ok()) << name << ": " << exit_code.status();
    }
  }

  // The same once the sessions so far are published as closed: what a ledger
  // has sequenced in its last second and not yet published is lost with it.
  void StopWhenPublished() {
    const absl::Time deadline = absl::Now() + kLongEnough;
    uint64_t closed = 0;
    while (closed < issued_) {
      ASSERT_LT(absl::Now(), deadline) << closed << " of " << issued_;
      absl::SleepFor(absl::Milliseconds(50));
      const auto record = ReadLog(cluster_->layout());
      ASSERT_TRUE(record.ok()) << record.status();
      closed = static_cast<uint64_t>(std::count_if(
          record->events.begin(), record->events.end(),
          [](const ledger::v1::Event& event) {
            return event.kind() == ledger::v1::EVENT_KIND_SESSION_CLOSED;
          }));
    }
    StopAll();
  }

  void Backup() {
    const CommandResult made = backups_->Backup();
    ASSERT_EQ(made.exit_code, 0) << made;
    ASSERT_EQ(backups_->files().size(), 2u) << made;
    EXPECT_TRUE(absl::StrContains(made.out, "services would start on it"))
        << made;
  }

  // Starts all: `process` ends with exit code 1 and says `reason`.
  void ExpectRefusal(const std::string& process, const std::string& reason) {
    const size_t said_before = cluster_->OutputOf(process).size();
    for (const std::string& name : cluster_->ServiceNames()) {
      ASSERT_TRUE(cluster_->StartProcess(name).ok());
    }
    auto exit_code = cluster_->process(process).Wait(kRefuseLimit);
    const std::string said = cluster_->OutputOf(process).substr(said_before);
    ASSERT_TRUE(exit_code.ok()) << exit_code.status() << said;
    EXPECT_EQ(*exit_code, 1);
    EXPECT_TRUE(absl::StrContains(said, reason)) << said;
    for (const std::string& name : cluster_->ServiceNames()) {
      cluster_->process(name).Kill();
    }
  }

  void ExpectServes() {
    const absl::Status started = cluster_->StartAll();
    ASSERT_TRUE(started.ok()) << started;
    ASSERT_NO_FATAL_FAILURE(Issue());
    // The whole log still proves what it is there to prove.
    const auto proven = e2e::ProveWhenRevealed(*cluster_, issued_);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(proven->exit_code, 0) << proven->report;
    EXPECT_EQ(proven->codes_proven, issued_);
  }

  std::string Guard() const {
    return ReadFile(cluster_->layout().data + "/guard/issuance_ledger.guard")
        .value_or("");
  }

  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<ShopFloor> floor_;
  std::unique_ptr<BackupCommands> backups_;
  uint64_t issued_ = 0;  // codes
};

TEST_F(BackupTest, ALostMachineIsRestoredAsItWas) {
  ASSERT_NO_FATAL_FAILURE(Start(Mode::kAllInOne));
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(Backup());
  ASSERT_NO_FATAL_FAILURE(StopAll());
  const std::string guard = Guard();
  // Nothing is written over.
  EXPECT_EQ(backups_->Restore(backups_->files()).exit_code, 1);
  backups_->RemoveDatabases(kAll);
  // A wrong key, one of the two files twice, a cut file: no effect.
  fs::copy_file(backups_->files()[0], backups_->out() + "/cut");
  fs::resize_file(backups_->out() + "/cut", 1000);
  for (const CommandResult& refused :
       {backups_->Storage({"restore", backups_->files()[0], "--data",
                           cluster_->layout().data, "--signer",
                           backups_->Key("signer.pub"), "--data-secret",
                           backups_->Key("keys.key")}),
        backups_->Restore({backups_->files()[0], backups_->files()[0]}),
        backups_->Restore({backups_->out() + "/cut"})}) {
    EXPECT_EQ(refused.exit_code, 1) << refused;
  }
  EXPECT_TRUE(fs::is_empty(cluster_->layout().data + "/db"));
  const CommandResult restored = backups_->Restore(backups_->files());
  ASSERT_EQ(restored.exit_code, 0) << restored;
  for (const std::string& name : kAll) {
    EXPECT_TRUE(absl::StrContains(restored.out, "restored " + name))
        << restored;
  }
  // A backup brings no guard back, nor takes one away.
  EXPECT_EQ(Guard(), guard);
  // Whatever was published between the backup and the stop is in the log.
  const CommandResult repaired = backups_->RepairLedger();
  ASSERT_EQ(repaired.exit_code, 0) << repaired;
  ExpectServes();
}

TEST_F(BackupTest, AnOlderLedgerIsRefusedUntilItIsRepaired) {
  ASSERT_NO_FATAL_FAILURE(Start(Mode::kSeparate));
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(Backup());
  ASSERT_NO_FATAL_FAILURE(Issue());
  // The repair is not for a ledger at work.
  EXPECT_TRUE(absl::StrContains(backups_->RepairLedger().err, "LEDGER_FENCED"));
  ASSERT_NO_FATAL_FAILURE(StopWhenPublished());
  const std::string guard = Guard();
  backups_->RemoveDatabases({"issuance_ledger"});
  const CommandResult restored =
      backups_->Restore(backups_->files(), {"--only", "issuance_ledger"});
  ASSERT_EQ(restored.exit_code, 0) << restored;
  ASSERT_NO_FATAL_FAILURE(
      ExpectRefusal("issuance_ledger", "LEDGER_GUARD_MISMATCH"));
  EXPECT_EQ(Guard(), guard);
  const CommandResult repaired = backups_->RepairLedger();
  ASSERT_EQ(repaired.exit_code, 0) << repaired;
  ASSERT_NO_FATAL_FAILURE(ExpectServes());
  // The same with the log's folder lost too: the mirror has what the backup's
  // moment had, which is less than the guard; a newer mirror repairs it.
  ASSERT_NO_FATAL_FAILURE(StopWhenPublished());
  backups_->RemoveDatabases({"issuance_ledger"});
  fs::rename(cluster_->layout().Log(), cluster_->layout().data + "/mirror");
  const fs::directory_iterator mirrors(backups_->out() + "/log");
  const CommandResult old_mirror =
      backups_->RepairLedger({"--log", mirrors->path().string()});
  EXPECT_TRUE(absl::StrContains(old_mirror.err, "LEDGER_GUARD_MISMATCH"))
      << old_mirror;
  const CommandResult mirrored =
      backups_->RepairLedger({"--log", cluster_->layout().data + "/mirror"});
  ASSERT_EQ(mirrored.exit_code, 0) << mirrored;
  ASSERT_NO_FATAL_FAILURE(ExpectServes());
}

TEST_F(BackupTest, AnOlderServiceIsRefusedAndWhatItLacksIsListed) {
  ASSERT_NO_FATAL_FAILURE(Start(Mode::kSeparate));
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(Backup());
  const Words old = backups_->files();
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(Backup());
  ASSERT_NO_FATAL_FAILURE(StopAll());
  for (const char* name :
       {"terminal_session", "identity_verification", "profile_order"}) {
    SCOPED_TRACE(name);
    backups_->RemoveDatabases({name});
    ASSERT_EQ(backups_->Restore(old, {"--only", name}).exit_code, 0);
    ASSERT_NO_FATAL_FAILURE(ExpectRefusal(name, "DATABASE_BEHIND_LEDGER"));
    const CommandResult gap = backups_->Gap(name);
    EXPECT_EQ(gap.exit_code, 1) << gap;
    EXPECT_TRUE(absl::StrContains(gap.err, "DATABASE_BEHIND_LEDGER")) << gap;
    EXPECT_TRUE(absl::StrContains(gap.out, "\"index\"")) << gap;
    // Nothing but a copy that knows all of it repairs it.
    backups_->RemoveDatabases({name});
    const CommandResult newest =
        backups_->Restore(backups_->files(), {"--only", name});
    ASSERT_EQ(newest.exit_code, 0) << newest;
    const CommandResult none = backups_->Gap(name);
    EXPECT_EQ(none.exit_code, 0) << none;
  }
  // People's keys without those of the last customer.
  backups_->RemoveDatabases({"identity_keys"});
  ASSERT_EQ(backups_->Restore(old, {"--only", "identity_keys"}).exit_code, 0);
  ASSERT_NO_FATAL_FAILURE(
      ExpectRefusal("identity_verification", "DATABASE_BEHIND_LEDGER"));
  backups_->RemoveDatabases({"identity_keys"});
  ASSERT_EQ(backups_->Restore(backups_->files(), {"--only", "identity_keys"})
                .exit_code,
            0);
  ExpectServes();
}

TEST_F(BackupTest, StatesFitTogetherWhileCustomersAreServed) {
  ASSERT_NO_FATAL_FAILURE(Start(Mode::kSeparate, 400));
  auto load = IssuanceLoad::Open(*cluster_, 4);
  ASSERT_TRUE(load.ok()) << load.status();
  constexpr int kVisits = 24;
  (*load)->Start(kVisits);
  for (int i = 1; i <= 3; ++i) {
    (*load)->WaitForSteps(i * kVisits * IssuanceLoad::kStepsPerVisit / 5,
                          kLongEnough);
    // The command's own check is the services' at their start.
    ASSERT_NO_FATAL_FAILURE(Backup());
    const CommandResult verified = backups_->Verify(
        backups_->files(),
        {"--origin",
         absl::StrCat("ledger.", cluster_->layout().trust_domain, "/1")});
    EXPECT_EQ(verified.exit_code, 0) << verified;
  }
  ASSERT_TRUE((*load)->WaitUntilOver(kLongEnough));
  for (const Visit& visit : (*load)->visits()) {
    EXPECT_TRUE(visit.failure.ok()) << visit.failure;
  }
}

TEST_F(BackupTest, NeitherKeysNorPeopleAreInAFileInClear) {
  ASSERT_NO_FATAL_FAILURE(Start(Mode::kAllInOne));
  ASSERT_NO_FATAL_FAILURE(Issue());
  ASSERT_NO_FATAL_FAILURE(Backup());
  // The keyring opens what is in the backups: it is in neither of them.
  const std::string layout = cluster_->layout().data;
  for (const char* name : {"identity.keyring", "order.keyring"}) {
    const std::string keyring = *ReadFile(layout + "/keys/" + name);
    const std::string hex = keyring.substr(keyring.rfind(' ') + 1, 64);
    const std::string raw = *crypto::FromHex(hex);
    for (const std::string& file : backups_->files()) {
      const std::string bytes = *ReadFile(file);
      EXPECT_FALSE(absl::StrContains(bytes, hex)) << file;
      EXPECT_FALSE(absl::StrContains(bytes, raw)) << file;
      EXPECT_FALSE(absl::StrContains(bytes, "SQLite format")) << file;
    }
  }
  // What is in clear while a backup is made is gone.
  for (const auto& entry : fs::directory_iterator(layout)) {
    EXPECT_FALSE(
        absl::StartsWith(entry.path().filename().string(), "backup-scratch-"));
  }
  const CommandResult listed = backups_->Storage(
      {"list", backups_->files()[1], "--signer", backups_->Key("signer.pub")});
  EXPECT_EQ(listed.exit_code, 0) << listed;
  EXPECT_TRUE(absl::StrContains(listed.out, "identity_keys")) << listed;
  EXPECT_TRUE(absl::StrContains(listed.out, "profile_order")) << listed;
  EXPECT_FALSE(absl::StrContains(listed.out, "terminal_session")) << listed;
  const CommandResult status = backups_->Storage(
      {"status", "--out", backups_->out(), "--max-age-hours", "1"});
  EXPECT_EQ(status.exit_code, 0) << status;
}

}  // namespace
}  // namespace shiming::fault

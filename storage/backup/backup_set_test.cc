// Goal: a set of backups is good or is not there, restores whole or not at
// all, whatever is killed and whoever writes meanwhile.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/status/reason.h"
#include "storage/backup/testing/backup_place.h"
#include "storage/sql/open_database.h"
#include "storage/sql/sqlite_copy.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;

// Runs `work` in a process that kills itself at step `at` (1 is the first);
// true when it was killed, false when it came to its end before.
bool KilledAt(int at, const std::function<void(std::function<void()>)>& work) {
  const pid_t pid = fork();
  if (pid == 0) {
    int step = 0;
    work([&step, at] {
      if (++step == at) kill(getpid(), SIGKILL);
    });
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

class BackupSetTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(place_.Make().ok()); }

  MadeBackup MakeOne() {
    absl::StatusOr<MadeBackup> made = MakeBackup(place_.Plan());
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : MadeBackup();
  }

  std::map<std::string, std::string> NewPlaces() const {
    return {{"orders", place_.Sqlite("db/orders.new")},
            {"keys", place_.Sqlite("db/keys.new")}};
  }

  void ExpectRestored() {
    const auto orders = CountPairRows(place_.Sqlite("db/orders.new"));
    ASSERT_TRUE(orders.ok()) << orders.status();
    EXPECT_EQ(*orders, 2 * BackupPlace::kOrders);
    const auto keys = CountPairRows(place_.Sqlite("db/keys.new"));
    ASSERT_TRUE(keys.ok()) << keys.status();
    EXPECT_EQ(*keys, 2 * BackupPlace::kKeys);
  }

  BackupPlace place_;
};

TEST_F(BackupSetTest, RestoresWhatWasThere) {
  const MadeBackup made = MakeOne();
  ASSERT_EQ(made.names.size(), 2u);
  EXPECT_EQ(made.data.set_id(), made.keys.set_id());
  EXPECT_NE(made.data.recipient_sha256(), made.keys.recipient_sha256());
  ASSERT_EQ(made.data.contents_size(), 1);
  EXPECT_EQ(made.data.contents(0).name(), "orders");
  EXPECT_EQ(made.keys.contents(0).name(), "keys");
  EXPECT_EQ(**LastGood(place_.out(), v1::BACKUP_KIND_DATA),
            place_.clock().Now());
  EXPECT_EQ(**LastGood(place_.out(), v1::BACKUP_KIND_KEYS),
            place_.clock().Now());
  // Nothing in clear is left.
  EXPECT_EQ(place_.NamesIn("work"),
            std::vector<std::string>{".backup-scratch.lock"});
  ASSERT_TRUE(VerifyBackup(place_.Verify(made)).ok());
  const auto restored = RestoreBackup(place_.Restore(made, NewPlaces()));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->size(), 2u);
  ExpectRestored();
}

TEST_F(BackupSetTest, WhoeverOpensTheDataCannotOpenTheKeys) {
  const MadeBackup made = MakeOne();
  RestorePlan plan = place_.Restore(made, NewPlaces());
  std::swap(plan.files[0].secret, plan.files[1].secret);
  EXPECT_TRUE(absl::IsPermissionDenied(RestoreBackup(plan).status()));
  BackupPlan same = place_.Plan();
  same.recipients.at(v1::BACKUP_KIND_KEYS) =
      same.recipients.at(v1::BACKUP_KIND_DATA);
  EXPECT_TRUE(absl::IsInvalidArgument(MakeBackup(same).status()));
}

TEST_F(BackupSetTest, NothingIsWrittenOver) {
  const MadeBackup made = MakeOne();
  // The databases that are there have changed since.
  {
    auto opened = sql::OpenDatabase(place_.orders_url(), {});
    ASSERT_TRUE(opened.ok());
    ASSERT_TRUE(AddPair(**opened, 1000).ok());
  }
  const auto refused = RestoreBackup(
      place_.Restore(made, {{"orders", place_.orders_url()},
                            {"keys", place_.Sqlite("db/keys.new")}}));
  EXPECT_TRUE(HasReason(refused.status(), Reason::RESTORE_TARGET_NOT_EMPTY))
      << refused.status();
  EXPECT_EQ(*CountPairRows(place_.orders_url()),
            2 * (BackupPlace::kOrders + 1));
  EXPECT_FALSE(std::filesystem::exists(place_.File("db/keys.new")));
  EXPECT_FALSE(std::filesystem::exists(place_.File("db/keys.new.restoring")));
  // A WAL that somebody has left would be applied to the database.
  std::ofstream(place_.File("db/orders.new-wal")) << "stale";
  EXPECT_TRUE(absl::IsFailedPrecondition(
      RestoreBackup(place_.Restore(made, NewPlaces())).status()));
  EXPECT_FALSE(std::filesystem::exists(place_.File("db/orders.new")));
}

TEST_F(BackupSetTest, DamagedOrMixedFilesHaveNoEffect) {
  const MadeBackup made = MakeOne();
  place_.clock().Advance(absl::Seconds(1));
  const MadeBackup other = MakeOne();
  ASSERT_EQ(other.names.size(), 2u);
  RestorePlan mixed = place_.Restore(made, NewPlaces());
  mixed.files[1] = place_.Restore(other, {}).files[1];
  EXPECT_TRUE(absl::IsFailedPrecondition(RestoreBackup(mixed).status()));
  const std::string path = place_.out() + "/" + made.names[1];
  const auto size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size - 100));
    file << "xxxx";
  }
  const RestorePlan damaged = place_.Restore(made, NewPlaces());
  EXPECT_TRUE(absl::IsDataLoss(RestoreBackup(damaged).status()));
  EXPECT_TRUE(absl::IsDataLoss(VerifyBackup(place_.Verify(made)).status()));
  for (const std::string& name : place_.NamesIn("db")) {
    EXPECT_EQ(name.find(".new"), std::string::npos) << name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      RestoreBackup(place_.Restore(other, {{"nobody", "sqlite:/x"}}))
          .status()));
}

TEST_F(BackupSetTest, StatesThatDoNotFitTogetherAreTakenAgain) {
  BackupPlan plan = place_.Plan();
  int checks = 0;
  plan.check_together =
      [&checks](const std::map<std::string, RestoredCopy*>& copies) {
        EXPECT_EQ(copies.size(), 2u);
        auto opened = copies.at("orders")->Open();
        EXPECT_TRUE(opened.ok()) << opened.status();
        EXPECT_EQ(*CountPairRows(**opened), 2 * BackupPlace::kOrders);
        return ++checks < 3 ? absl::AbortedError("one is behind the other")
                            : absl::OkStatus();
      };
  auto made = MakeBackup(plan);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->tries, 3);
  EXPECT_EQ(ListBackups(place_.out())->size(), 2u);
  plan.check_together = [](const std::map<std::string, RestoredCopy*>&) {
    return absl::AbortedError("never");
  };
  EXPECT_TRUE(absl::IsAborted(MakeBackup(plan).status()));
  // What was not good is not there.
  EXPECT_EQ(ListBackups(place_.out())->size(), 2u);
  EXPECT_EQ(place_.NamesIn("out").size(), 3u);
}

TEST_F(BackupSetTest, UncheckedSetsAreNotCalledGood) {
  BackupPlan plan = place_.Plan();
  plan.verify = false;
  ASSERT_TRUE(MakeBackup(plan).ok());
  EXPECT_FALSE(LastGood(place_.out(), v1::BACKUP_KIND_DATA)->has_value());
}

TEST_F(BackupSetTest, ForeignDatabasesAndMissingOnesAreRefused) {
  BackupPlan plan = place_.Plan();
  plan.sources[0].url = place_.Sqlite("db/none.db");
  EXPECT_TRUE(absl::IsNotFound(MakeBackup(plan).status()));
  std::ofstream(place_.File("db/none.db")) << std::string(5000, 'x');
  EXPECT_TRUE(absl::IsDataLoss(MakeBackup(plan).status()));
  plan.sources[0].url = "mysql://x";
  EXPECT_TRUE(absl::IsInvalidArgument(MakeBackup(plan).status()));
  plan.sources.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(MakeBackup(plan).status()));
  EXPECT_TRUE(place_.NamesIn("out").empty());
}

TEST_F(BackupSetTest, EachDatabaseIsOneStateWhileOthersWrite) {
  auto opened = sql::OpenDatabase(place_.orders_url(), {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  std::atomic<bool> done{false};
  std::atomic<int64_t> last{BackupPlace::kOrders - 1};
  std::thread writer([&] {
    for (int64_t id = BackupPlace::kOrders; !done; ++id) {
      if (!AddPair(**opened, id).ok()) return;
      last = id;
    }
  });
  const int64_t acknowledged = last;
  const absl::StatusOr<MadeBackup> made = MakeBackup(place_.Plan());
  done = true;
  writer.join();
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_TRUE(RestoreBackup(place_.Restore(*made, NewPlaces())).ok());
  const auto rows = CountPairRows(place_.Sqlite("db/orders.new"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows % 2, 0);
  EXPECT_GE(*rows, 2 * (acknowledged + 1));
}

TEST_F(BackupSetTest, KilledAtAnyStepABackupIsGoodOrNotThere) {
  int kills = 0;
  for (int at = 1;; ++at) {
    SCOPED_TRACE(at);
    place_.clock().Advance(absl::Seconds(1));
    const bool killed = KilledAt(at, [this](std::function<void()> step) {
      BackupPlan plan = place_.Plan();
      plan.after_step = [&step](BackupStep) {
        step();
        return absl::OkStatus();
      };
      if (!MakeBackup(plan).ok()) _exit(1);
    });
    // Whatever has a name is whole.
    const auto listed = ListBackups(place_.out());
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const NamedBackup& backup : *listed) {
      const auto verified =
          VerifyBackup(place_.Verify({.names = {backup.name}}));
      EXPECT_TRUE(verified.ok()) << backup.name << ": " << verified.status();
    }
    if (!killed) break;
    ++kills;
    // The next one clears up and is good.
    place_.clock().Advance(absl::Seconds(1));
    const MadeBackup made = MakeOne();
    EXPECT_EQ(made.names.size(), 2u);
    EXPECT_EQ(place_.NamesIn("work").size(), 1u);
    for (const std::string& name : place_.NamesIn("out")) {
      EXPECT_EQ(name.find(".unchecked"), std::string::npos) << name;
    }
  }
  // Held, two copies, two files, checked, two names, recorded.
  EXPECT_EQ(kills, 9);
}

TEST_F(BackupSetTest, KilledAtAnyStepARestoreIsFinishedByTheSameCommand) {
  const MadeBackup made = MakeOne();
  int kills = 0;
  for (int at = 1;; ++at) {
    SCOPED_TRACE(at);
    const bool killed = KilledAt(at, [&](std::function<void()> step) {
      RestorePlan plan = place_.Restore(made, NewPlaces());
      plan.after_step = [&step](RestoreStep) {
        step();
        return absl::OkStatus();
      };
      if (!RestoreBackup(plan).ok()) _exit(1);
    });
    if (killed) {
      ++kills;
      // A database that is in its place is whole: never a part of one.
      for (const char* name : {"db/orders.new", "db/keys.new"}) {
        if (!std::filesystem::exists(place_.File(name))) continue;
        EXPECT_TRUE(sql::InspectSqlite(place_.File(name)).ok()) << name;
      }
    }
    const auto restored = RestoreBackup(place_.Restore(made, NewPlaces()));
    ASSERT_TRUE(restored.ok()) << restored.status();
    ExpectRestored();
    for (const std::string& name : place_.NamesIn("db")) {
      EXPECT_EQ(name.find(".restoring"), std::string::npos) << name;
    }
    std::filesystem::remove(place_.File("db/orders.new"));
    std::filesystem::remove(place_.File("db/keys.new"));
    if (!killed) break;
  }
  // Two extracted, all prepared, two in place.
  EXPECT_EQ(kills, 5);
}

}  // namespace
}  // namespace shiming::backup

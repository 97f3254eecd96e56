#include "storage/backup/backup_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/testing/temp_dir.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;

constexpr v1::BackupKind kData = v1::BACKUP_KIND_DATA;
constexpr v1::BackupKind kKeys = v1::BACKUP_KIND_KEYS;

// 2026-11-22 23:30 in Shanghai is still 15:30 in UTC.
const absl::Time kTime = absl::FromUnixSeconds(1795361400);

Date Day(int month, int day) { return *Date::Make(2026, month, day); }

TEST(BackupFolderTest, NamesCarryKindAndDayOfTheShops) {
  const std::string name = BackupName(kKeys, kTime, "\x01\x02\x03\x04 more");
  EXPECT_EQ(name, "shiming-keys-2026-11-22-233000-01020304.backup");
  const auto parsed = ParseBackupName(name);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->kind, kKeys);
  EXPECT_EQ(parsed->day, Day(11, 22));
  for (const std::string& other :
       {std::string("last_good.prom"), UncheckedName(name), name + "x",
        std::string("shiming-keys-2026-13-22-233000-01020304.backup"),
        std::string("shiming-others-2026-11-22-233000-01020304.backup")}) {
    EXPECT_FALSE(ParseBackupName(other).has_value()) << other;
  }
}

TEST(BackupFolderTest, KeysAreGoneAtTheEndOfTheirLastDay) {
  shiming::testing::TempDir folder;
  const std::string keys = BackupName(kKeys, kTime, "abcd");
  const std::string data = BackupName(kData, kTime, "abcd");
  folder.Write(keys, "k");
  folder.Write(data, "d");
  folder.Write("something-else", "x");
  // 30 days after 22 November is 22 December: on that day it goes.
  auto removed = RemoveExpired(folder.path(), kKeys, 30, Day(12, 21));
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_TRUE(removed->empty());
  removed = RemoveExpired(folder.path(), kKeys, 30, Day(12, 22));
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(*removed, std::vector<std::string>{keys});
  EXPECT_EQ(folder.Read(keys), "");
  EXPECT_EQ(folder.Read(data), "d");
  EXPECT_EQ(folder.Read("something-else"), "x");
  EXPECT_TRUE(absl::IsInvalidArgument(
      RemoveExpired(folder.path(), kData, 0, Day(12, 22)).status()));
}

TEST(BackupFolderTest, UnfinishedFilesAreNoBackupsAndGo) {
  shiming::testing::TempDir folder;
  const std::string name = BackupName(kData, kTime, "abcd");
  folder.Write(UncheckedName(name), "half");
  folder.Write("another.unchecked", "of somebody else");
  auto listed = ListBackups(folder.path());
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_TRUE(listed->empty());
  ASSERT_TRUE(RemoveUnfinished(folder.path()).ok());
  EXPECT_EQ(folder.Read(UncheckedName(name)), "");
  EXPECT_EQ(folder.Read("another.unchecked"), "of somebody else");
  EXPECT_TRUE(absl::IsNotFound(ListBackups(folder.File("nowhere")).status()));
}

TEST(BackupFolderTest, RemembersTheLastGoodOneOfEachKind) {
  shiming::testing::TempDir folder;
  auto good = LastGood(folder.path(), kData);
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_FALSE(good->has_value());
  ASSERT_TRUE(RecordGood(folder.path(), kData, kTime).ok());
  ASSERT_TRUE(RecordGood(folder.path(), kKeys, kTime + absl::Seconds(5)).ok());
  EXPECT_EQ(**LastGood(folder.path(), kData), kTime);
  EXPECT_EQ(**LastGood(folder.path(), kKeys), kTime + absl::Seconds(5));
  EXPECT_NE(folder.Read("last_good.prom")
                .find("shiming_backup_last_good_timestamp_seconds"
                      "{kind=\"data\"} 1795361400\n"),
            std::string::npos);
  folder.Write("last_good.prom", "nonsense\n");
  EXPECT_TRUE(absl::IsDataLoss(LastGood(folder.path(), kData).status()));
  ASSERT_TRUE(RecordGood(folder.path(), kData, kTime).ok());
  EXPECT_EQ(**LastGood(folder.path(), kData), kTime);
}

}  // namespace
}  // namespace shiming::backup

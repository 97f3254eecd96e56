// Goal: the same promises for a schema of PostgreSQL as for a file of SQLite,
// also when a set holds both.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "storage/backup/testing/backup_place.h"
#include "storage/sql/open_database.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/postgres_under_test.h"

namespace shiming::backup {
namespace {

namespace v1 = storage::v1;
using ::shiming::sql::testing::PostgresServer;
using ::shiming::sql::testing::PostgresUnderTest;

class BackupPostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status made = place_.Make(schema_.url());
    ASSERT_TRUE(made.ok()) << made;
  }

  PostgresServer& server() { return PostgresServer::Shared(); }

  // Moves the schema away, as an operator does before a restore.
  void MoveAway(const std::string& name) {
    server().Ask("ALTER SCHEMA " + schema_.schema() + " RENAME TO " + name);
  }

  std::map<std::string, std::string> Orders() const {
    return {{"orders", schema_.url()}};
  }

  PostgresUnderTest schema_{PostgresServer::Shared(), ""};
  BackupPlace place_;
};

TEST_F(BackupPostgresTest, RestoresWhatWasThere) {
  const auto made = MakeBackup(place_.Plan());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->data.contents(0).engine(), v1::BACKUP_ENGINE_POSTGRES);
  EXPECT_EQ(made->data.contents(0).postgres_schema(), schema_.schema());
  EXPECT_EQ(made->keys.contents(0).engine(), v1::BACKUP_ENGINE_SQLITE);
  ASSERT_TRUE(VerifyBackup(place_.Verify(*made, server().Url(""))).ok());
  // There is no server to try it out on.
  EXPECT_TRUE(
      absl::IsInvalidArgument(VerifyBackup(place_.Verify(*made)).status()));
  MoveAway("lost_1");
  const auto restored = RestoreBackup(place_.Restore(*made, Orders()));
  ASSERT_TRUE(restored.ok()) << restored.status();
  const auto rows = CountPairRows(schema_.url());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, 2 * BackupPlace::kOrders);
  // The same command again finds it done.
  EXPECT_TRUE(RestoreBackup(place_.Restore(*made, Orders())).ok());
  server().Ask("DROP SCHEMA lost_1 CASCADE");
  EXPECT_EQ(server().Ask("SELECT COUNT(*) FROM pg_database "
                         "WHERE datname LIKE 'shiming_verify%'"),
            "0");
}

TEST_F(BackupPostgresTest, NothingIsWrittenOver) {
  const auto made = MakeBackup(place_.Plan());
  ASSERT_TRUE(made.ok()) << made.status();
  {
    auto opened = sql::OpenDatabase(schema_.url(), {});
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_TRUE(AddPair(**opened, 1000).ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(
      RestoreBackup(place_.Restore(*made, Orders())).status()));
  EXPECT_EQ(*CountPairRows(schema_.url()), 2 * (BackupPlace::kOrders + 1));
  // Nor is it put where another engine is, or another schema.
  EXPECT_TRUE(absl::IsInvalidArgument(
      RestoreBackup(
          place_.Restore(*made, {{"orders", place_.Sqlite("db/new.db")}}))
          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      RestoreBackup(
          place_.Restore(*made, {{"orders", server().Url("schema=other")}}))
          .status()));
}

TEST_F(BackupPostgresTest, ADumpIsOneStateWhileOthersWrite) {
  auto opened = sql::OpenDatabase(schema_.url(), {});
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
  const auto made = MakeBackup(place_.Plan());
  done = true;
  writer.join();
  ASSERT_TRUE(made.ok()) << made.status();
  opened->reset();
  MoveAway("lost_2");
  ASSERT_TRUE(RestoreBackup(place_.Restore(*made, Orders())).ok());
  const auto rows = CountPairRows(schema_.url());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows % 2, 0);
  EXPECT_GE(*rows, 2 * (acknowledged + 1));
  server().Ask("DROP SCHEMA lost_2 CASCADE");
}

TEST_F(BackupPostgresTest, ADamagedFileHasNoEffect) {
  const auto made = MakeBackup(place_.Plan());
  ASSERT_TRUE(made.ok()) << made.status();
  MoveAway("lost_3");
  const std::string path = place_.out() + "/" + made->names[0];
  const auto size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size - 100));
    file << "xxxx";
  }
  EXPECT_TRUE(absl::IsDataLoss(
      RestoreBackup(place_.Restore(*made, Orders())).status()));
  EXPECT_EQ(server().Ask("SELECT COUNT(*) FROM pg_namespace WHERE nspname = '" +
                         schema_.schema() + "'"),
            "0");
  server().Ask("DROP SCHEMA lost_3 CASCADE");
}

}  // namespace
}  // namespace shiming::backup

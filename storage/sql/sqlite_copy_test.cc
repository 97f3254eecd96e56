// Goal: a copy is one state of a database that is written to meanwhile, and
// nothing that is wrong with a copy goes unnoticed.
#include "storage/sql/sqlite_copy.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "common/status/status_macros.h"
#include "storage/sql/migration.h"
#include "storage/sql/sqlite_database.h"
#include "storage/testing/temp_database.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::TempDatabase;
using ::shiming::sql::testing::TempFolder;

// `pairs` holds each id twice, in one transaction.
constexpr Migration kMigrations[] = {
    {.number = 1,
     .name = "pairs",
     .sql = "CREATE TABLE IF NOT EXISTS pairs (id INT64 NOT NULL, "
            "half INT64 NOT NULL, body BYTES NOT NULL, "
            "PRIMARY KEY (id, half))",
     .verify_sql = "SELECT id, half, body FROM pairs LIMIT 1"},
    {.number = 2,
     .name = "pairs by half",
     .sql = "CREATE INDEX IF NOT EXISTS pairs_by_half ON pairs (half)",
     .verify_sql = "SELECT half FROM pairs LIMIT 1"},
};

absl::Status InsertPair(Database& database, int64_t id) {
  return database.WriteBlocking([id](Transaction& tx) -> absl::Status {
    for (int half = 0; half < 2; ++half) {
      RETURN_IF_ERROR(tx.ExecuteOne(
          "INSERT INTO pairs (id, half, body) VALUES ($1, $2, $3)",
          {Value::Int(id), Value::Int(half),
           Value::Bytes(std::string(400, 'b'))}));
    }
    return absl::OkStatus();
  });
}

int64_t RowsOf(const DatabaseSummary& summary, const std::string& table) {
  for (const TableCount& count : summary.tables) {
    if (count.table == table) return count.rows;
  }
  return -1;
}

absl::Status CopySqlite(const std::string& path, const std::string& to) {
  ASSIGN_OR_RETURN(const std::unique_ptr<SqliteBackupSource> source,
                   SqliteBackupSource::Open(path));
  RETURN_IF_ERROR(source->Hold());
  return source->CopyTo(to);
}

class SqliteCopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Migrate(source_.database(), kMigrations, "test").ok());
    for (int64_t id = 0; id < 100; ++id) {
      ASSERT_TRUE(InsertPair(source_.database(), id).ok());
    }
  }

  std::string File(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  TempDatabase source_{testing::TempEngine::kSqlite};
  TempFolder folder_;
};

TEST_F(SqliteCopyTest, CopyHoldsWhatTheSourceHolds) {
  // Characters that mean something in a URI.
  const std::string to = File("a copy#1?%.db");
  ASSERT_TRUE(CopySqlite(source_.path(), to).ok());
  const auto summary = InspectSqlite(to);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(RowsOf(*summary, "pairs"), 200);
  EXPECT_EQ(RowsOf(*summary, "schema_migrations"), 2);
  EXPECT_TRUE(CheckMigrations(*summary).ok());
  ASSERT_EQ(summary->migrations.size(), 2u);
  EXPECT_EQ(summary->migrations[1].schema, "test");
  EXPECT_EQ(summary->migrations[1].number, 2);
  // The copy alone, without a WAL, is a database that a service can open.
  EXPECT_FALSE(std::filesystem::exists(to + "-wal"));
  auto opened = OpenSqlite({.path = to});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(InsertPair(**opened, 1000).ok());
}

TEST_F(SqliteCopyTest, CopyIsOneStateWhileOthersWrite) {
  std::atomic<bool> done{false};
  std::atomic<int64_t> last{99};
  std::thread writer([&] {
    for (int64_t id = 100; !done; ++id) {
      if (!InsertPair(source_.database(), id).ok()) return;
      last = id;
    }
  });
  for (int i = 0; i < 5; ++i) {
    const int64_t acknowledged = last;
    const std::string to = File("copy" + std::to_string(i));
    EXPECT_TRUE(CopySqlite(source_.path(), to).ok());
    const auto summary = InspectSqlite(to);
    EXPECT_TRUE(summary.ok()) << summary.status();
    if (!summary.ok()) break;
    EXPECT_EQ(RowsOf(*summary, "pairs") % 2, 0) << "half a transaction";
    EXPECT_GE(RowsOf(*summary, "pairs"), 2 * (acknowledged + 1));
  }
  done = true;
  writer.join();
}

TEST_F(SqliteCopyTest, CopyIsTheStateThatWasHeld) {
  auto source = SqliteBackupSource::Open(source_.path());
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_TRUE((*source)->Hold().ok());
  ASSERT_TRUE(InsertPair(source_.database(), 5000).ok());
  ASSERT_TRUE((*source)->CopyTo(File("copy")).ok());
  const auto summary = InspectSqlite(File("copy"));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(RowsOf(*summary, "pairs"), 200);
}

TEST_F(SqliteCopyTest, InspectingChangesNothing) {
  const std::string to = File("copy.db");
  ASSERT_TRUE(CopySqlite(source_.path(), to).ok());
  const auto read = [&] {
    std::ifstream file(to, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = read();
  ASSERT_TRUE(InspectSqlite(to).ok());
  EXPECT_EQ(read(), before);
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
    (void)file;
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(SqliteCopyTest, WhatIsMissingOrThereAlreadyIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(CopySqlite(File("none"), File("copy"))));
  EXPECT_FALSE(std::filesystem::exists(File("none")));
  EXPECT_FALSE(std::filesystem::exists(File("copy")));
  EXPECT_TRUE(absl::IsNotFound(InspectSqlite(File("none")).status()));
  ASSERT_TRUE(CopySqlite(source_.path(), File("copy")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(CopySqlite(source_.path(), File("copy"))));
}

TEST_F(SqliteCopyTest, DamageIsFound) {
  const std::string to = File("copy.db");
  ASSERT_TRUE(CopySqlite(source_.path(), to).ok());
  const auto size = std::filesystem::file_size(to);
  // Pages in the middle are those of the table: zeros are none.
  {
    std::fstream file(to, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
    file << std::string(8192, '\0');
  }
  EXPECT_TRUE(absl::IsDataLoss(InspectSqlite(to).status()))
      << InspectSqlite(to).status();
  std::ofstream(to) << "this is no database, and it is long enough for one";
  EXPECT_TRUE(absl::IsDataLoss(InspectSqlite(to).status()))
      << InspectSqlite(to).status();
}

TEST_F(SqliteCopyTest, ErasedBytesAreNotInTheCopy) {
  const std::string secret = "fifteen letters";
  ASSERT_TRUE(
      source_.database()
          .WriteBlocking([&](Transaction& tx) {
            return tx.ExecuteOne(
                "INSERT INTO pairs (id, half, body) "
                "VALUES ($1, $2, $3)",
                {Value::Int(7000), Value::Int(0), Value::Bytes(secret)});
          })
          .ok());
  ASSERT_TRUE(source_.database()
                  .WriteBlocking([](Transaction& tx) {
                    return tx.ExecuteOne(
                        "DELETE FROM pairs WHERE id = $1 AND half = $2",
                        {Value::Int(7000), Value::Int(0)});
                  })
                  .ok());
  const std::string to = File("copy.db");
  ASSERT_TRUE(CopySqlite(source_.path(), to).ok());
  std::ifstream file(to, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(bytes.find(secret), std::string::npos);
}

TEST(DatabaseSummaryTest, GapsInMigrationsAreRefused) {
  const std::string sha256(32, 's');
  DatabaseSummary summary;
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckMigrations(summary)));
  summary.migrations = {{"a", 1, sha256}, {"a", 2, sha256}, {"b", 1, sha256}};
  EXPECT_TRUE(CheckMigrations(summary).ok());
  summary.migrations[1].number = 3;
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckMigrations(summary)));
  summary.migrations[1].number = 2;
  summary.migrations[2].number = 2;
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckMigrations(summary)));
  summary.migrations[2] = {"b", 1, "short"};
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckMigrations(summary)));
}

TEST(DatabaseSummaryTest, AnyDifferenceIsDataLoss) {
  const std::string sha256(32, 's');
  const DatabaseSummary expected = {.tables = {{"t", 3}, {"u", 0}},
                                    .migrations = {{"a", 1, sha256}}};
  EXPECT_TRUE(CheckSame(expected, expected, "copy").ok());
  DatabaseSummary found = expected;
  found.tables[0].rows = 2;
  EXPECT_TRUE(absl::IsDataLoss(CheckSame(expected, found, "copy")));
  found = expected;
  found.tables.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(CheckSame(expected, found, "copy")));
  EXPECT_TRUE(absl::IsDataLoss(CheckSame(found, expected, "copy")));
  found = expected;
  found.migrations[0].sha256 = std::string(32, 'x');
  EXPECT_TRUE(absl::IsDataLoss(CheckSame(expected, found, "copy")));
}

}  // namespace
}  // namespace shiming::sql

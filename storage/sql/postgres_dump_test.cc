// Goal: a dump is one state of a schema that is written to meanwhile, loads
// whole or not at all, and never where something is.
#include "storage/sql/postgres_dump.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/sql/migration.h"
#include "storage/sql/open_database.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/postgres_under_test.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::PostgresServer;
using ::shiming::sql::testing::PostgresUnderTest;
using ::shiming::sql::testing::TempFolder;

// `pairs` holds each id twice, in one transaction.
constexpr Migration kMigrations[] = {
    {.number = 1,
     .name = "pairs",
     .sql = "CREATE TABLE IF NOT EXISTS pairs (id INT64 NOT NULL, "
            "half INT64 NOT NULL, body BYTES NOT NULL, "
            "PRIMARY KEY (id, half))",
     .verify_sql = "SELECT id, half, body FROM pairs LIMIT 1"},
};

const PostgresTools kTools = {.folder = "/usr/lib/postgresql/15/bin"};

absl::Status InsertPair(Database& database, int64_t id) {
  return database.WriteBlocking([id](Transaction& tx) -> absl::Status {
    for (int half = 0; half < 2; ++half) {
      RETURN_IF_ERROR(tx.ExecuteOne(
          "INSERT INTO pairs (id, half, body) VALUES ($1, $2, $3)",
          {Value::Int(id), Value::Int(half),
           Value::Bytes(std::string("\x00\xff\\x", 4))}));
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

absl::StatusOr<DatabaseSummary> DumpPostgres(const PostgresPlace& place,
                                             const PostgresTools& tools,
                                             const std::string& to) {
  ASSIGN_OR_RETURN(const std::unique_ptr<PostgresBackupSource> source,
                   PostgresBackupSource::Open(place));
  RETURN_IF_ERROR(source->Hold());
  return source->DumpTo(tools, to);
}

class PostgresDumpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = source_.Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    ASSERT_TRUE(Migrate(*database_, kMigrations, "test").ok());
    for (int64_t id = 0; id < 50; ++id) {
      ASSERT_TRUE(InsertPair(*database_, id).ok());
    }
    auto place = FindPostgres(source_.url());
    ASSERT_TRUE(place.ok()) << place.status();
    place_ = *place;
  }

  std::string File(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  PostgresUnderTest source_{PostgresServer::Shared(), ""};
  TempFolder folder_;
  std::unique_ptr<Database> database_;
  PostgresPlace place_;
};

TEST_F(PostgresDumpTest, LoadsIntoAScratchDatabaseAndIsTheSame) {
  const auto dumped = DumpPostgres(place_, kTools, File("dump"));
  ASSERT_TRUE(dumped.ok()) << dumped.status();
  EXPECT_EQ(RowsOf(*dumped, "pairs"), 100);
  EXPECT_TRUE(CheckMigrations(*dumped).ok());
  std::string name = "shiming_verify_" + place_.schema;
  {
    auto scratch = ScratchPostgres::Make(place_, name);
    ASSERT_TRUE(scratch.ok()) << scratch.status();
    const absl::Status loaded =
        LoadPostgres((*scratch)->place(), kTools, File("dump"));
    ASSERT_TRUE(loaded.ok()) << loaded;
    const auto found = InspectPostgres((*scratch)->place());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(CheckSame(*dumped, *found, "scratch").ok());
    // Something is there now.
    EXPECT_TRUE(absl::IsFailedPrecondition(
        LoadPostgres((*scratch)->place(), kTools, File("dump"))));
  }
  EXPECT_EQ(
      PostgresServer::Shared().Ask(
          "SELECT COUNT(*) FROM pg_database WHERE datname = '" + name + "'"),
      "0");
}

TEST_F(PostgresDumpTest, DumpIsTheStateThatWasCountedWhileOthersWrite) {
  std::atomic<bool> done{false};
  std::atomic<int64_t> last{49};
  std::thread writer([&] {
    for (int64_t id = 50; !done; ++id) {
      if (!InsertPair(*database_, id).ok()) return;
      last = id;
    }
  });
  const int64_t acknowledged = last;
  const auto dumped = DumpPostgres(place_, kTools, File("dump"));
  done = true;
  writer.join();
  ASSERT_TRUE(dumped.ok()) << dumped.status();
  EXPECT_GE(RowsOf(*dumped, "pairs"), 2 * (acknowledged + 1));
  EXPECT_EQ(RowsOf(*dumped, "pairs") % 2, 0);
  auto scratch = ScratchPostgres::Make(place_, "shiming_verify_races");
  ASSERT_TRUE(scratch.ok()) << scratch.status();
  ASSERT_TRUE(LoadPostgres((*scratch)->place(), kTools, File("dump")).ok());
  const auto found = InspectPostgres((*scratch)->place());
  ASSERT_TRUE(found.ok()) << found.status();
  const absl::Status same = CheckSame(*dumped, *found, "scratch");
  EXPECT_TRUE(same.ok()) << same;
}

TEST_F(PostgresDumpTest, NothingIsLoadedFromADamagedDumpOrOverTables) {
  ASSERT_TRUE(DumpPostgres(place_, kTools, File("dump")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(
      DumpPostgres(place_, kTools, File("dump")).status()));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(LoadPostgres(place_, kTools, File("dump"))));
  auto scratch = ScratchPostgres::Make(place_, "shiming_verify_damage");
  ASSERT_TRUE(scratch.ok()) << scratch.status();
  std::ofstream(File("none")) << "this is no dump";
  EXPECT_TRUE(absl::IsDataLoss(
      LoadPostgres((*scratch)->place(), kTools, File("none"))));
  // Cut in the middle of the rows.
  std::filesystem::copy_file(File("dump"), File("cut"));
  std::filesystem::resize_file(File("cut"),
                               std::filesystem::file_size(File("cut")) - 50);
  EXPECT_FALSE(LoadPostgres((*scratch)->place(), kTools, File("cut")).ok());
  const auto empty = IsEmptyPostgres((*scratch)->place());
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_TRUE(*empty);
}

TEST_F(PostgresDumpTest, AnotherSchemaIsRefused) {
  ASSERT_TRUE(DumpPostgres(place_, kTools, File("dump")).ok());
  PostgresPlace other = place_;
  other.schema = "another_schema";
  EXPECT_TRUE(
      absl::IsFailedPrecondition(LoadPostgres(other, kTools, File("dump"))));
}

TEST_F(PostgresDumpTest, MissingToolsAndServersAreSaidToBe) {
  EXPECT_TRUE(HasReason(
      DumpPostgres(place_, {.folder = "/nowhere"}, File("a")).status(),
      Reason::DATABASE_UNAVAILABLE));
  EXPECT_TRUE(
      HasReason(FindPostgres("postgres://nobody@/x?host=/nowhere").status(),
                Reason::DATABASE_UNAVAILABLE));
  PostgresPlace secret = place_;
  secret.host.push_back({"sslpassword", "secret"});
  EXPECT_TRUE(absl::IsInvalidArgument(
      DumpPostgres(secret, kTools, File("b")).status()));
}

}  // namespace
}  // namespace shiming::sql

#include "storage/sql/migration.h"

#include <gtest/gtest.h>

#include "storage/testing/faulty_database.h"
#include "storage/testing/temp_database.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::FaultyDatabase;
using ::shiming::sql::testing::TempDatabase;

constexpr Migration kTable = {
    .number = 1,
    .name = "things",
    .sql =
        "CREATE TABLE IF NOT EXISTS things (id INT64 NOT NULL, "
        "PRIMARY KEY (id))",
    .verify_sql = "SELECT id FROM things WHERE id = 0"};
constexpr Migration kColumn = {
    .number = 2,
    .name = "names",
    .sql = "ALTER TABLE things ADD COLUMN name TEXT",
    .verify_sql = "SELECT name FROM things WHERE id = 0"};

TEST(MigrationTest, AppliesEachStepOnceInOrder) {
  TempDatabase temp;
  const Migration first[] = {kTable};
  const Migration both[] = {kTable, kColumn};
  ASSERT_TRUE(Migrate(temp.database(), first, "test").ok());
  ASSERT_TRUE(Migrate(temp.database(), both, "test").ok());
  ASSERT_TRUE(Migrate(temp.database(), both, "test").ok());
  EXPECT_TRUE(temp.database()
                  .WriteBlocking([](Transaction& tx) {
                    return tx.ExecuteOne(
                        "INSERT INTO things (id, name) VALUES ($1, $2)",
                        {Value::Int(1), Value::Text("one")});
                  })
                  .ok());
}

TEST(MigrationTest, RefusesAStepThatWasChanged) {
  TempDatabase temp;
  const Migration before[] = {kTable};
  ASSERT_TRUE(Migrate(temp.database(), before, "test").ok());
  Migration changed = kTable;
  changed.sql =
      "CREATE TABLE IF NOT EXISTS things (id INT64 NOT NULL, x INT64, "
      "PRIMARY KEY (id))";
  const Migration after[] = {changed};
  EXPECT_EQ(Migrate(temp.database(), after, "test").code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(MigrationTest, RefusesNumbersWithGaps) {
  TempDatabase temp;
  const Migration gap[] = {kColumn};
  EXPECT_EQ(Migrate(temp.database(), gap, "test").code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(MigrationTest, RefusesAStepThatDoesNotVerify) {
  TempDatabase temp;
  Migration wrong = kTable;
  wrong.verify_sql = "SELECT other FROM things WHERE id = 0";
  const Migration steps[] = {wrong};
  EXPECT_EQ(Migrate(temp.database(), steps, "test").code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(MigrationTest, LeavesStepsOfANewerVersionAlone) {
  TempDatabase temp;
  const Migration newer[] = {kTable, kColumn};
  const Migration older[] = {kTable};
  ASSERT_TRUE(Migrate(temp.database(), newer, "test").ok());
  EXPECT_TRUE(Migrate(temp.database(), older, "test").ok());
}

// Goal: a crash between any two statements leaves what a repeat completes.
// Method: the n-th statement fails, for every n until none is left to fail.
TEST(MigrationTest, IsCompletedAfterACrashAtEachStatement) {
  const Migration steps[] = {kTable, kColumn};
  for (int n = 1;; ++n) {
    TempDatabase temp;
    FaultyDatabase faulty(temp.database());
    faulty.FailStatement(n);
    const bool ended = Migrate(faulty, steps, "test").ok();
    EXPECT_TRUE(Migrate(temp.database(), steps, "test").ok()) << n;
    if (ended) {
      EXPECT_GT(n, 4);
      break;
    }
  }
}

// The same with commits that are answered by "unknown" though they happened.
TEST(MigrationTest, IsCompletedAfterEachUnknownCommit) {
  const Migration steps[] = {kTable, kColumn};
  for (int n = 1;; ++n) {
    TempDatabase temp;
    FaultyDatabase faulty(temp.database());
    faulty.FailCommit(n, FaultyDatabase::CommitFault::kUnknownButDone);
    const bool ended = Migrate(faulty, steps, "test").ok();
    EXPECT_TRUE(Migrate(temp.database(), steps, "test").ok()) << n;
    if (ended) break;
  }
}

}  // namespace
}  // namespace shiming::sql

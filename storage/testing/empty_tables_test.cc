#include "storage/testing/empty_tables.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/status_macros.h"
#include "storage/sql/migration.h"
#include "storage/testing/temp_database.h"

namespace shiming::sql::testing {
namespace {

constexpr Migration kSteps[] = {
    {1, "a",
     "CREATE TABLE IF NOT EXISTS a (id INT64 NOT NULL, PRIMARY KEY (id))",
     "SELECT id FROM a LIMIT 1"},
    {2, "b",
     "CREATE TABLE IF NOT EXISTS b (id INT64 NOT NULL, PRIMARY KEY (id))",
     "SELECT id FROM b LIMIT 1"}};

int64_t Count(Database& database, const std::string& table) {
  int64_t count = -1;
  const auto select = [&](Snapshot& snapshot) -> absl::Status {
    ASSIGN_OR_RETURN(const Rows rows,
                     snapshot.Query("SELECT COUNT(*) FROM " + table, {}));
    count = rows.at(0).Int(0);
    return absl::OkStatus();
  };
  EXPECT_TRUE(database.ReadBlocking(select).ok());
  return count;
}

TEST(EmptyTablesTest, TakesTheRowsAndLeavesTheTables) {
  TempDatabase temp;
  Database& database = temp.database();
  ASSERT_TRUE(Migrate(database, kSteps, "test").ok());
  for (int round = 0; round < 2; ++round) {
    const auto fill = [](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(tx.ExecuteOne("INSERT INTO a (id) VALUES (1)", {}));
      return tx.ExecuteOne("INSERT INTO b (id) VALUES (2)", {});
    };
    ASSERT_TRUE(database.WriteBlocking(fill).ok());
    EmptyTables(database);
    EXPECT_EQ(Count(database, "a"), 0);
    EXPECT_EQ(Count(database, "b"), 0);
  }
  // A service that starts on it makes nothing anew.
  EXPECT_EQ(Count(database, "schema_migrations"), 2);
}

}  // namespace
}  // namespace shiming::sql::testing

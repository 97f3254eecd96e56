#include "storage/backup/testing/sample_database.h"

#include "common/status/status_macros.h"
#include "storage/sql/migration.h"
#include "storage/sql/open_database.h"

namespace shiming::backup {
namespace {

using sql::Value;

constexpr sql::Migration kMigrations[] = {
    {.number = 1,
     .name = "pairs",
     .sql = "CREATE TABLE IF NOT EXISTS pairs (id INT64 NOT NULL, "
            "half INT64 NOT NULL, body BYTES NOT NULL, "
            "PRIMARY KEY (id, half))",
     .verify_sql = "SELECT id, half, body FROM pairs LIMIT 1"},
};

}  // namespace

absl::Status MakeSample(const std::string& url, int64_t count) {
  ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(url, {.create = true}));
  RETURN_IF_ERROR(sql::Migrate(*database, kMigrations, "sample"));
  for (int64_t id = 0; id < count; ++id) {
    RETURN_IF_ERROR(AddPair(*database, id));
  }
  return absl::OkStatus();
}

absl::Status AddPair(sql::Database& database, int64_t id) {
  return database.WriteBlocking([id](sql::Transaction& tx) -> absl::Status {
    for (int half = 0; half < 2; ++half) {
      RETURN_IF_ERROR(tx.ExecuteOne(
          "INSERT INTO pairs (id, half, body) VALUES ($1, $2, $3)",
          {Value::Int(id), Value::Int(half),
           Value::Bytes(std::string(300, 'b'))}));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> CountPairRows(sql::Database& database) {
  int64_t count = 0;
  RETURN_IF_ERROR(
      database.ReadBlocking([&count](sql::Snapshot& snapshot) -> absl::Status {
        ASSIGN_OR_RETURN(const sql::Rows rows,
                         snapshot.Query("SELECT COUNT(*) FROM pairs", {}));
        count = rows.at(0).Int(0);
        return absl::OkStatus();
      }));
  return count;
}

absl::StatusOr<int64_t> CountPairRows(const std::string& url) {
  ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(url, {}));
  return CountPairRows(*database);
}

}  // namespace shiming::backup

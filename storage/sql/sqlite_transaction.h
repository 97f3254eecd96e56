// Snapshot and Transaction on a SQLite connection.
#ifndef SHIMING_STORAGE_SQL_SQLITE_TRANSACTION_H_
#define SHIMING_STORAGE_SQL_SQLITE_TRANSACTION_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database.h"
#include "storage/sql/sqlite_connection.h"

namespace shiming::sql {

// Inside a deferred transaction of a read-only connection.
class SqliteSnapshot final : public Snapshot {
 public:
  explicit SqliteSnapshot(SqliteConnection& connection)
      : connection_(connection) {}

  absl::StatusOr<Rows> Query(std::string_view sql, Params params) override;

 private:
  SqliteConnection& connection_;
};

// Inside a savepoint of the writer's connection.
class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection)
      : connection_(connection) {}

  absl::StatusOr<Rows> Query(std::string_view sql, Params params) override;
  absl::StatusOr<int64_t> Execute(std::string_view sql, Params params) override;
  const Dialect& dialect() const override { return SqliteDialect(); }

  // The first error of a statement, which forbids to commit.
  const absl::Status& failure() const { return failure_; }

 private:
  absl::Status CheckUsable() const;
  void Remember(const absl::Status& status);

  SqliteConnection& connection_;
  absl::Status failure_;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_TRANSACTION_H_

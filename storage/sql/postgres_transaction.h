// Snapshot and Transaction on a PostgreSQL connection, and one run of an fn.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_TRANSACTION_H_
#define SHIMING_STORAGE_SQL_POSTGRES_TRANSACTION_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database.h"
#include "storage/sql/postgres_connection.h"
#include "storage/sql/postgres_dialect.h"
#include "storage/sql/postgres_metrics.h"

namespace shiming::sql {

// The statements of one transaction, which begins with the first of them and
// takes no further one after an error.
class PostgresStatements {
 public:
  PostgresStatements(PostgresConnection& connection, PostgresAccess access)
      : connection_(connection), access_(access) {}

  absl::StatusOr<PostgresConnection::Answer> Run(std::string_view sql,
                                                 const Params& params);

  bool has_begun() const { return has_begun_; }
  // The first error of a statement, which forbids to commit.
  const absl::Status& failure() const { return failure_; }

 private:
  PostgresConnection& connection_;
  const PostgresAccess access_;
  bool has_begun_ = false;
  absl::Status failure_;
};

class PostgresSnapshot final : public Snapshot {
 public:
  explicit PostgresSnapshot(PostgresStatements& statements)
      : statements_(statements) {}

  absl::StatusOr<Rows> Query(std::string_view sql, Params params) override;

 private:
  PostgresStatements& statements_;
};

class PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(PostgresStatements& statements)
      : statements_(statements) {}

  absl::StatusOr<Rows> Query(std::string_view sql, Params params) override;
  absl::StatusOr<int64_t> Execute(std::string_view sql, Params params) override;
  const Dialect& dialect() const override { return PostgresDialect(); }

 private:
  PostgresStatements& statements_;
};

// Runs `fn` once in a transaction of its own and ends it. The status is the
// outcome of this one run: kRetry and, on a connection that is lost,
// kUnavailable mean that it did nothing and may run again.
absl::Status RunWriteOnce(PostgresConnection& connection, const WriteFn& fn,
                          PostgresMetrics& metrics);
absl::Status RunReadOnce(PostgresConnection& connection, const ReadFn& fn);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_TRANSACTION_H_

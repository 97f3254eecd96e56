#include "storage/sql/postgres_transaction.h"

#include <chrono>
#include <utility>

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// The outcome of an fn that has returned `returned`. What another transaction
// or the connection has done to it goes before what fn makes of that.
absl::Status OutcomeOf(absl::Status returned, const PostgresStatements& ran,
                       const PostgresConnection& connection) {
  const absl::Status& failure = ran.failure();
  if (failure.ok()) return returned;
  const bool not_its_fault = IsRetryable(failure) ||
                             connection.state() != PostgresLink::State::kUsable;
  return returned.ok() || not_its_fault ? failure : returned;
}

}  // namespace

absl::StatusOr<PostgresConnection::Answer> PostgresStatements::Run(
    std::string_view sql, const Params& params) {
  if (!failure_.ok()) {
    return MakeSqlError(SqlError::kStatement,
                        "an earlier statement of this transaction failed");
  }
  const bool begin = !has_begun_;
  has_begun_ = true;
  absl::StatusOr<PostgresConnection::Answer> answer =
      connection_.Run(sql, params, access_, begin);
  if (!answer.ok()) failure_ = answer.status();
  return answer;
}

absl::StatusOr<Rows> PostgresSnapshot::Query(std::string_view sql,
                                             Params params) {
  ASSIGN_OR_RETURN(PostgresConnection::Answer answer,
                   statements_.Run(sql, params));
  return std::move(answer.rows);
}

absl::StatusOr<Rows> PostgresTransaction::Query(std::string_view sql,
                                                Params params) {
  ASSIGN_OR_RETURN(PostgresConnection::Answer answer,
                   statements_.Run(sql, params));
  return std::move(answer.rows);
}

absl::StatusOr<int64_t> PostgresTransaction::Execute(std::string_view sql,
                                                     Params params) {
  ASSIGN_OR_RETURN(PostgresConnection::Answer answer,
                   statements_.Run(sql, params));
  return answer.affected;
}

absl::Status RunWriteOnce(PostgresConnection& connection, const WriteFn& fn,
                          PostgresMetrics& metrics) {
  PostgresStatements statements(connection, PostgresAccess::kWrite);
  PostgresTransaction transaction(statements);
  absl::Status status = OutcomeOf(fn(transaction), statements, connection);
  if (!statements.has_begun() ||
      connection.state() != PostgresLink::State::kUsable) {
    return status;
  }
  if (!status.ok()) {
    connection.Rollback();
    return status;
  }
  const auto start = std::chrono::steady_clock::now();
  status = connection.Commit();
  if (status.ok()) {
    metrics.Committed(std::chrono::steady_clock::now() - start);
  } else if (SqlErrorOf(status) == SqlError::kUnknown) {
    metrics.CommitUnknown();
  }
  return status;
}

absl::Status RunReadOnce(PostgresConnection& connection, const ReadFn& fn) {
  PostgresStatements statements(connection, PostgresAccess::kRead);
  PostgresSnapshot snapshot(statements);
  // A failed statement of a Read is fn's to judge, but for the connection's.
  absl::Status status = fn(snapshot);
  if (connection.state() != PostgresLink::State::kUsable ||
      IsRetryable(statements.failure())) {
    status = OutcomeOf(std::move(status), statements, connection);
  }
  if (statements.has_begun() &&
      connection.state() == PostgresLink::State::kUsable) {
    // Nothing was written; ROLLBACK only lets go of the snapshot.
    connection.Rollback();
  }
  return status;
}

}  // namespace shiming::sql

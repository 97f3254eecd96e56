#include "storage/sql/sqlite_transaction.h"

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {

absl::StatusOr<Rows> SqliteSnapshot::Query(std::string_view sql,
                                           Params params) {
  return connection_.Query(sql, params);
}

absl::StatusOr<Rows> SqliteTransaction::Query(std::string_view sql,
                                              Params params) {
  RETURN_IF_ERROR(CheckUsable());
  absl::StatusOr<Rows> rows = connection_.Query(sql, params);
  Remember(rows.status());
  return rows;
}

absl::StatusOr<int64_t> SqliteTransaction::Execute(std::string_view sql,
                                                   Params params) {
  RETURN_IF_ERROR(CheckUsable());
  absl::StatusOr<int64_t> affected = connection_.Execute(sql, params);
  Remember(affected.status());
  return affected;
}

absl::Status SqliteTransaction::CheckUsable() const {
  if (failure_.ok()) return absl::OkStatus();
  return MakeSqlError(SqlError::kStatement,
                      "an earlier statement of this transaction failed");
}

void SqliteTransaction::Remember(const absl::Status& status) {
  if (!status.ok() && failure_.ok()) failure_ = status;
}

}  // namespace shiming::sql

#include "storage/sql/postgres_error.h"

#include <libpq-fe.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace shiming::sql {
namespace {

std::string_view Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Errors that name objects and words of the statement, never a bound value.
bool MayQuote(std::string_view sqlstate) {
  const std::string_view prefix = sqlstate.substr(0, 2);
  return prefix == "42" || prefix == "0A" || prefix == "26" || prefix == "25" ||
         prefix == "53" || prefix == "57" || sqlstate == "08P01" ||
         sqlstate == "55P03";
}

}  // namespace

SqlError PostgresErrorKind(std::string_view sqlstate, std::string_view primary,
                           PostgresStatementKind kind) {
  const bool is_ddl = kind == PostgresStatementKind::kDdl;
  if (sqlstate == "40001" || sqlstate == "40P01") return SqlError::kRetry;
  // Two CREATE ... IF NOT EXISTS at once: the loser meets the catalogue's own
  // unique key, or a row that was changed under it.
  if (is_ddl && (sqlstate == "23505" || sqlstate == "42P07" ||
                 sqlstate == "42P06" || sqlstate == "42710")) {
    return SqlError::kRetry;
  }
  if (sqlstate == "XX000") {
    const bool passes = Contains(primary, "catalog version") ||
                        Contains(primary, "schema version") ||
                        Contains(primary, "concurrently updated");
    return passes ? SqlError::kRetry : SqlError::kStatement;
  }
  if (sqlstate == "23505") return SqlError::kUnique;
  // Protocol violation: another number of parameters than the statement has.
  if (sqlstate == "08P01") return SqlError::kStatement;
  // A lock that another transaction holds for longer than the lock timeout; a
  // statement that the statement timeout or an administrator cancelled.
  if (sqlstate == "55P03" || sqlstate == "57014") return SqlError::kUnavailable;
  if (sqlstate == "25006") {
    return SqlError::kStatement;  // of a Read; a Write looks at EndsSession
  }
  const std::string_view prefix = sqlstate.substr(0, 2);
  if (prefix == "22" || prefix == "23" || prefix == "44") {
    return SqlError::kConstraint;
  }
  if (prefix == "08" || prefix == "28" || prefix == "3D" || prefix == "40" ||
      prefix == "53" || prefix == "57" || prefix == "58") {
    return SqlError::kUnavailable;
  }
  return SqlError::kStatement;
}

absl::Status PostgresErrorOf(const PGresult* result,
                             PostgresStatementKind kind) {
  const std::string_view sqlstate = Field(result, PG_DIAG_SQLSTATE);
  const std::string_view primary = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sqlstate.empty()) {  // made by libpq itself: the connection broke
    return MakeSqlError(SqlError::kUnavailable, "PostgreSQL: connection lost");
  }
  std::string message = absl::StrCat("PostgreSQL ", std::string(sqlstate));
  for (int code :
       {PG_DIAG_TABLE_NAME, PG_DIAG_COLUMN_NAME, PG_DIAG_CONSTRAINT_NAME}) {
    const std::string_view name = Field(result, code);
    if (!name.empty()) absl::StrAppend(&message, " ", std::string(name));
  }
  if (MayQuote(sqlstate)) {
    absl::StrAppend(&message, " (", std::string(primary), ")");
  }
  if (sqlstate == "42P05" || sqlstate == "26000") {
    message += "; behind a pooler set prepared=off in the url";
  }
  // Whatever the code: a session that has ended has committed nothing.
  return MakeSqlError(EndsSession(result)
                          ? SqlError::kUnavailable
                          : PostgresErrorKind(sqlstate, primary, kind),
                      message);
}

std::string_view PostgresSeverity(const PGresult* result) {
  const std::string_view severity =
      Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  // Engines of an older wire give the translated one only.
  return severity.empty() ? Field(result, PG_DIAG_SEVERITY) : severity;
}

bool EndsSession(const PGresult* result) {
  const std::string_view sqlstate = Field(result, PG_DIAG_SQLSTATE);
  const std::string_view severity = PostgresSeverity(result);
  if (sqlstate.empty() || severity == "FATAL" || severity == "PANIC") {
    return true;
  }
  return sqlstate.substr(0, 2) == "08" && sqlstate != "08P01";
}

bool IsStalePrepared(const PGresult* result) {
  const std::string_view sqlstate = Field(result, PG_DIAG_SQLSTATE);
  return sqlstate == "26000" ||
         (sqlstate == "0A000" &&
          Contains(Field(result, PG_DIAG_MESSAGE_PRIMARY), "cached plan"));
}

}  // namespace shiming::sql

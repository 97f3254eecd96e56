// What PostgreSQL's error codes mean to the port.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_ERROR_H_
#define SHIMING_STORAGE_SQL_POSTGRES_ERROR_H_

#include <string_view>

#include "absl/status/status.h"
#include "storage/sql/sql_error.h"

typedef struct pg_result PGresult;

namespace shiming::sql {

// What a statement was, where its error depends on it.
enum class PostgresStatementKind { kPlain, kDdl };

// The kind of an error with this SQLSTATE (portable SQL, section 6), for any
// statement but COMMIT. `primary` is the server's message, looked at where the
// code alone does not tell.
SqlError PostgresErrorKind(std::string_view sqlstate, std::string_view primary,
                           PostgresStatementKind kind);

// The status of a result that is an error. Its message names the SQLSTATE and
// the constraint, table or column, and of a wrong statement what the server
// says, but never a value.
absl::Status PostgresErrorOf(const PGresult* result,
                             PostgresStatementKind kind);

// "ERROR", "FATAL", "WARNING" and so on; lives as long as the result.
std::string_view PostgresSeverity(const PGresult* result);

// True when the session cannot be used after this error: the server has ended
// it, or it is one that cannot write.
bool EndsSession(const PGresult* result);

// True for the refusals of a session that differ from one server connection to
// the next: a prepared statement that is not there, or has grown old.
bool IsStalePrepared(const PGresult* result);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_ERROR_H_

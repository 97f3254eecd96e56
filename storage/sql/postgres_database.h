// The PostgreSQL driver: transactions on threads of its own, each with a
// connection. For PostgreSQL 15 and engines that speak its wire.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_DATABASE_H_
#define SHIMING_STORAGE_SQL_POSTGRES_DATABASE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "storage/sql/database.h"
#include "storage/sql/postgres_options.h"

namespace shiming::sql {

// Connects once to see that the database can be used. DATABASE_UNAVAILABLE
// when it cannot be reached; FAILED_PRECONDITION (plain status) when its
// encoding is not UTF8 or its order of text is not that of bytes (collation
// C); NOT_FOUND (plain status) when options.create is not set and there is no
// table in options.schema, or in the role's own where that is empty: as a
// missing file on SQLite, it may be a lost one.
//
// Later a server that is away is waited for with growing pauses, for
// options.patience per transaction. What was lost before COMMIT was sent runs
// again; a COMMIT that was answered by anything but a clean yes is kUnknown,
// and the caller repeats it under the same request id. An fn that runs no
// statement needs no server.
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(PostgresOptions options);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_DATABASE_H_

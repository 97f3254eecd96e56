// Dumps and loads a schema by PostgreSQL's own tools, pg_dump and pg_restore.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_DUMP_H_
#define SHIMING_STORAGE_SQL_POSTGRES_DUMP_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database_summary.h"
#include "storage/sql/postgres_place.h"

namespace shiming::sql {

// Where pg_dump and pg_restore are. They must not be older than the server.
struct PostgresTools {
  // Such as "/usr/lib/postgresql/15/bin"; empty: they are looked for in PATH.
  std::string folder;
};

// A schema of which one state is to be dumped. From Hold on that state is
// held, a REPEATABLE READ snapshot: writers are not held up, but what they
// delete is kept. Used by one thread.
class PostgresBackupSource {
 public:
  // DATABASE_UNAVAILABLE with the server's message. Blocks.
  static absl::StatusOr<std::unique_ptr<PostgresBackupSource>> Open(
      PostgresPlace place);
  PostgresBackupSource(const PostgresBackupSource&) = delete;
  PostgresBackupSource& operator=(const PostgresBackupSource&) = delete;

  // Takes the state with all that was committed before the call. Once. Errors
  // as Open.
  absl::Status Hold();

  // Dumps that state to the new file `to` (0600, pg_dump's custom format) and
  // says what was in it: both see the same state. Passwords go by the
  // environment, never by the command line. The tool is ended when this process
  // dies.
  //
  // ALREADY_EXISTS when `to` is there; DATABASE_UNAVAILABLE with the tool's or
  // the server's message; INVALID_ARGUMENT where the place needs a secret that
  // the tools can only be given on the command line. Blocks.
  absl::StatusOr<DatabaseSummary> DumpTo(const PostgresTools& tools,
                                         const std::string& to);

 private:
  PostgresBackupSource(PostgresPlace place, PostgresHandle connection)
      : place_(std::move(place)), connection_(std::move(connection)) {}

  const PostgresPlace place_;
  const PostgresHandle connection_;  // after Hold in a transaction
  std::string snapshot_;             // its name, for other sessions
};

// Loads a dump of the same schema, in one transaction: all or nothing.
// FAILED_PRECONDITION when the schema has tables or the dump is of another
// schema; DATA_LOSS when the file is no dump; else as DumpTo. Blocks.
absl::Status LoadPostgres(const PostgresPlace& place,
                          const PostgresTools& tools, const std::string& from);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_DUMP_H_

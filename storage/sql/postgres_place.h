// A schema of a PostgreSQL server as backups see it: what is in it, and a
// scratch database to try a restore in. Connections of their own, without the
// driver's limits of time, and never by a pooler.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_PLACE_H_
#define SHIMING_STORAGE_SQL_POSTGRES_PLACE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database_summary.h"
#include "storage/sql/postgres_options.h"

typedef struct pg_conn PGconn;

namespace shiming::sql {

// A value; thread-safe.
struct PostgresPlace {
  // What libpq is given. Never logged: it may hold a password.
  PostgresOptions::Keywords host;
  // Lower case letters, digits and _.
  std::string schema;
};

struct FinishPostgres {
  void operator()(PGconn* connection) const;
};
using PostgresHandle = std::unique_ptr<PGconn, FinishPostgres>;

// The first host of the url (ParsePostgresUrl) that can be connected to, and
// the url's schema or else the role's own. INVALID_ARGUMENT for a malformed
// url; DATABASE_UNAVAILABLE; FAILED_PRECONDITION (plain status) for a schema
// with another kind of name. Blocks, as all functions here.
absl::StatusOr<PostgresPlace> FindPostgres(std::string_view url);

// Connects and takes the server's own limits of time off the session.
// DATABASE_UNAVAILABLE.
absl::StatusOr<PostgresHandle> ConnectPostgres(const PostgresPlace& place);

// Runs one statement without parameters; the first column of the first row as
// text, "" where there is none. DATABASE_UNAVAILABLE with the server's message
// but never its details, which may hold values.
absl::StatusOr<std::string> AskPostgres(PGconn* connection,
                                        const std::string& sql);

// What the schema holds, by what `connection` sees. Errors of AskPostgres.
absl::StatusOr<DatabaseSummary> SummarizePostgres(PGconn* connection,
                                                  const std::string& schema);

// The same by a connection of its own, in one snapshot.
absl::StatusOr<DatabaseSummary> InspectPostgres(const PostgresPlace& place);

// True when the schema has no table, or is not there.
absl::StatusOr<bool> IsEmptyPostgres(const PostgresPlace& place);

// A database of its own on the same server, UTF8 and collation C, empty;
// dropped when this goes. The role needs CREATEDB.
class ScratchPostgres {
 public:
  // `name`: lower case letters, digits and _. One of that name that a crash
  // has left is dropped first, so two with one name at a time are not for use.
  static absl::StatusOr<std::unique_ptr<ScratchPostgres>> Make(
      const PostgresPlace& server, const std::string& name);
  ~ScratchPostgres();
  ScratchPostgres(const ScratchPostgres&) = delete;
  ScratchPostgres& operator=(const ScratchPostgres&) = delete;

  // The schema of the given place in the scratch database; not made yet.
  const PostgresPlace& place() const { return place_; }

 private:
  ScratchPostgres(PostgresPlace server, PostgresPlace place, std::string name)
      : server_(std::move(server)),
        place_(std::move(place)),
        name_(std::move(name)) {}

  const PostgresPlace server_;
  const PostgresPlace place_;
  const std::string name_;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_PLACE_H_

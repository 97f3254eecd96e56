// How the PostgreSQL driver is set up, and the URL that says so.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_OPTIONS_H_
#define SHIMING_STORAGE_SQL_POSTGRES_OPTIONS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace shiming {
class Metrics;
}  // namespace shiming

namespace shiming::sql {

// Isolation of a Write. Nothing rests on it: invariants live in keys and
// compare-and-swaps. A Read always has one snapshot, so it runs at
// kRepeatableRead where kReadCommitted is set.
enum class PostgresIsolation { kReadCommitted, kRepeatableRead, kSerializable };

// Whether a BEGIN travels with the first statement, a Prepare with the first
// use. kAuto: only where the server says that it is PostgreSQL 14 or later.
enum class PostgresPipeline { kAuto, kOn, kOff };

struct PostgresOptions {
  // What libpq is given for each host in turn: keyword and value. Never
  // logged: it may hold a password.
  using Keywords = std::vector<std::pair<std::string, std::string>>;
  std::vector<Keywords> hosts;
  // Tables are there (search_path); empty for the role's own default. Lower
  // case letters, digits and _.
  std::string schema;
  // Make the schema when it is missing. Otherwise one without tables is
  // refused.
  bool create = false;

  // URL: isolation=rc|rr|ser.
  PostgresIsolation isolation = PostgresIsolation::kRepeatableRead;
  // URL: prepared=on|off. Off behind a pooler that gives each transaction
  // another server connection (PgBouncer below 1.21): no prepared statements,
  // and settings are made in each transaction instead of at the connection's
  // start.
  bool prepared = true;
  // URL: pipeline=auto|on|off.
  PostgresPipeline pipeline = PostgresPipeline::kAuto;
  // URL: writers=N, readers=N; 1 to 200. Threads, each with a connection that
  // it opens at its first transaction.
  int writer_count = 12;
  int reader_count = 4;
  // URL: queue=N. Writes, and apart from them reads, that wait; further ones
  // are OVERLOADED.
  int queue_limit = 4096;
  // URL: queue_ms=N. What has waited longer is OVERLOADED too.
  absl::Duration queue_time = absl::Seconds(10);

  // Ends of patience; URL: statement_timeout_ms, lock_timeout_ms,
  // idle_timeout_ms, each 0 for none: these three are set on the server.
  // Statement: a statement is cancelled by the server; DDL has none.
  absl::Duration statement_timeout = absl::Seconds(5);
  // A statement waits so long for a lock of another transaction.
  absl::Duration lock_timeout = absl::Seconds(2);
  // The server ends a transaction whose client says nothing (frozen).
  absl::Duration idle_timeout = absl::Seconds(30);
  // URL: deadline_ms=N. Our own, for a server that is frozen or gone without a
  // word: an answer that takes longer is not waited for and the connection is
  // dropped. More than the statement timeout.
  absl::Duration deadline = absl::Seconds(8);
  // URL: ddl_deadline_ms=N. The same for a statement of a migration.
  absl::Duration ddl_deadline = absl::Minutes(10);
  // URL: connect_ms=N. For a host to be connected to.
  absl::Duration connect_deadline = absl::Seconds(3);
  // URL: patience_ms=N. A transaction waits so long for a server that is away
  // before it is DATABASE_UNAVAILABLE.
  absl::Duration patience = absl::Seconds(3);

  // Label of the metrics, such as "profile_order".
  std::string name = "main";
  // Where to count; null for nowhere. Must outlive the database.
  Metrics* metrics = nullptr;
};

// True for postgres:// and postgresql://.
bool IsPostgresUrl(std::string_view url);

// The options in a libpq URL
//   postgres://user@host1,host2/database?schema=profile_order&writers=8
// The parameters above are ours, all others are libpq's (sslmode, sslrootcert,
// passfile, target_session_attrs ...). Where the URL does not say otherwise,
// TLS is verify-full and a server that cannot write is refused.
// INVALID_ARGUMENT naming the parameter, never the whole URL: it may hold a
// password.
absl::StatusOr<PostgresOptions> ParsePostgresUrl(std::string_view url);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_OPTIONS_H_

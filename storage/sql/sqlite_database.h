// The SQLite driver: one writer thread with group commit, a pool of readers.
#ifndef SHIMING_STORAGE_SQL_SQLITE_DATABASE_H_
#define SHIMING_STORAGE_SQL_SQLITE_DATABASE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/sql/database.h"

namespace shiming {
class Metrics;
}  // namespace shiming

namespace shiming::sql {

struct SqliteOptions {
  std::string path;
  // Make the file when it is missing. Otherwise a missing file is refused: a
  // service that starts on an empty database by a wrong path would be worse.
  bool create = false;
  int reader_count = 2;
  // A batch ends, i.e. is committed, when nothing is queued, after this many
  // transactions, or when it has run for this long. None waits when idle.
  int batch_limit = 256;
  absl::Duration batch_time = absl::Milliseconds(5);
  // Writes, and apart from them reads, waiting; further ones are OVERLOADED.
  int queue_limit = 16384;
  // Label of the metrics, such as "profile_order".
  std::string name = "main";
  // Where to count; null for nowhere. Must outlive the database.
  Metrics* metrics = nullptr;
  // Name of a registered SQLite VFS; empty for the default. For tests that
  // inject disk faults.
  std::string vfs;
};

// Opens the database. NOT_FOUND (plain status) when the file is missing and
// `create` is not set; DATABASE_UNAVAILABLE when it cannot be used.
//
// A COMMIT or fsync that fails later ends the process with a log line: what
// the disk then holds is unknown, and the WAL decides at the next start.
absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(SqliteOptions options);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_DATABASE_H_

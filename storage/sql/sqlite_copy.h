// Copies databases of SQLite while services write to them, and looks at
// copies.
#ifndef SHIMING_STORAGE_SQL_SQLITE_COPY_H_
#define SHIMING_STORAGE_SQL_SQLITE_COPY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database_summary.h"

struct sqlite3;

namespace shiming::sql {

// A database of which one state is to be copied. From Hold on that state is
// held: writers are not held up, but the WAL grows, and ScrubDeleted has to
// wait. Nothing of the source changes. Used by one thread.
class SqliteBackupSource {
 public:
  // NOT_FOUND (plain status) when there is no database, DATABASE_UNAVAILABLE
  // when it cannot be used, DATA_LOSS (plain status) when it is none. Blocks.
  static absl::StatusOr<std::unique_ptr<SqliteBackupSource>> Open(
      const std::string& path);
  ~SqliteBackupSource();
  SqliteBackupSource(const SqliteBackupSource&) = delete;
  SqliteBackupSource& operator=(const SqliteBackupSource&) = delete;

  // Takes the state with all that was committed before the call: some
  // microseconds, so that several databases can be held nearly at once. Once.
  // DATABASE_UNAVAILABLE.
  absl::Status Hold();

  // Copies that state to the new file `to` (0600), which is not synced. What
  // was scrubbed out of the source is not in the copy. Memory: a page cache.
  // ALREADY_EXISTS when `to` is there; else as Open. Blocks.
  absl::Status CopyTo(const std::string& to);

 private:
  SqliteBackupSource(std::string path, sqlite3* db)
      : path_(std::move(path)), db_(db) {}

  const std::string path_;
  sqlite3* const db_;  // owned; after Hold in a read transaction
};

// Checks the copy at `path`, which nobody has open, from its first to its last
// page and says what it holds. Not a byte of it changes, and no file appears
// beside it. NOT_FOUND; DATA_LOSS (both plain) when it is damaged or no
// database; DATABASE_UNAVAILABLE. Blocks.
absl::StatusOr<DatabaseSummary> InspectSqlite(const std::string& path);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_COPY_H_

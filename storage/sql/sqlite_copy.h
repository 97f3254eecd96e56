// Copies databases of SQLite while services write to them, and looks at
// copies.
#ifndef SHIMING_STORAGE_SQL_SQLITE_COPY_H_
#define SHIMING_STORAGE_SQL_SQLITE_COPY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database_summary.h"

namespace shiming::sql {

// Copies the database at `path` to the new file `to` (0600): one consistent
// state, with all that was committed before the call. Writers are not held up;
// the WAL grows meanwhile, and ScrubDeleted has to wait. Nothing of the source
// changes. What was scrubbed out of the source is not in the copy. Memory: a
// page cache. The copy is not synced.
//
// NOT_FOUND (plain status) when there is no database, ALREADY_EXISTS when `to`
// is there, DATABASE_UNAVAILABLE when either cannot be used. Blocks.
absl::Status CopySqlite(const std::string& path, const std::string& to);

// Checks the copy at `path`, which nobody has open, from its first to its last
// page and says what it holds. Not a byte of it changes, and no file appears
// beside it. DATA_LOSS (plain status) when it is damaged or no database; else
// as CopySqlite. Blocks.
absl::StatusOr<DatabaseSummary> InspectSqlite(const std::string& path);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_COPY_H_

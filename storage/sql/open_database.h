// Opens a database by the URL in a service's config.
#ifndef SHIMING_STORAGE_SQL_OPEN_DATABASE_H_
#define SHIMING_STORAGE_SQL_OPEN_DATABASE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/sql/database.h"

namespace shiming {
class Metrics;
}  // namespace shiming

namespace shiming::sql {

struct OpenOptions {
  // Make an empty database when there is none: SQLite the file, PostgreSQL the
  // schema that the url names. Otherwise a missing file and a schema without
  // tables are refused.
  bool create = false;
  // Label of the metrics: the service's name.
  std::string name = "main";
  // Where to count; null for nowhere. Must outlive the database.
  Metrics* metrics = nullptr;
};

// `url` is "sqlite:" and a path, or postgres:// (postgresql://) as
// ParsePostgresUrl takes it. INVALID_ARGUMENT for another scheme or a malformed
// url; else as OpenSqlite and OpenPostgres.
absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(
    std::string_view url, const OpenOptions& options);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_OPEN_DATABASE_H_

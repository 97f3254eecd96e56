// A database as a service's configuration names it, on either engine: checked
// when the file is loaded, opened by the composition root.
#ifndef SHIMING_STORAGE_SQL_CONFIGURED_DATABASE_H_
#define SHIMING_STORAGE_SQL_CONFIGURED_DATABASE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/config/v1/common_config.pb.h"
#include "storage/sql/database.h"

namespace shiming {
class Metrics;
}  // namespace shiming

namespace shiming::sql {

// The path of a "sqlite:" URL as seen from the folder of the file in which it
// stands. Other URLs stay.
void MakePathWhole(const std::string& config_file,
                   config::v1::Database& database);

// INVALID_ARGUMENT "config: <field>: ..." for a URL that is missing, of another
// scheme, or that OpenPostgres could not use: a parameter with a bad value, a
// file by a relative path (libpq would look for it in the folder in which the
// process was started). Never quotes the URL, which may hold a password. Opens
// nothing.
absl::Status CheckDatabaseUrl(const std::string& field, const std::string& url);

// The same for `database`, which stands at `field`: "key_database" is told of
// as "key_database.url".
absl::Status CheckDatabase(const std::string& field,
                           const config::v1::Database& database);

// Whether both name one file, or one schema of one database on one server (by
// its address: not across two names of one host). Of checked ones whose paths
// are whole.
bool IsSameDatabase(const config::v1::Database& one,
                    const config::v1::Database& other);

// Opens it; blocks for up to patience_ms where a server is away. `name` labels
// its metrics and stands before the text of an error: the service's, as
// "profile_order". `metrics` must outlive the database; they get
// shiming_sql_engine_info{database,engine}, too. Errors are those of
// OpenDatabase.
absl::StatusOr<std::unique_ptr<Database>> OpenConfigured(
    const config::v1::Database& database, std::string_view name,
    Metrics& metrics);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_CONFIGURED_DATABASE_H_

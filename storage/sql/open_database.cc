#include "storage/sql/open_database.h"

#include <string>
#include <utility>

#include "common/status/status_macros.h"
#include "storage/sql/postgres_database.h"
#include "storage/sql/sqlite_database.h"

namespace shiming::sql {

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(
    std::string_view url, const OpenOptions& options) {
  if (IsPostgresUrl(url)) {
    ASSIGN_OR_RETURN(PostgresOptions postgres, ParsePostgresUrl(url));
    postgres.create = options.create;
    postgres.name = options.name;
    postgres.metrics = options.metrics;
    return OpenPostgres(std::move(postgres));
  }
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.substr(0, kSqlite.size()) != kSqlite ||
      url.size() == kSqlite.size()) {
    return absl::InvalidArgumentError(
        "database url is neither sqlite:PATH nor postgres://...");
  }
  return OpenSqlite({.path = std::string(url.substr(kSqlite.size())),
                     .create = options.create,
                     .name = options.name,
                     .metrics = options.metrics});
}

}  // namespace shiming::sql

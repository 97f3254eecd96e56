#include "storage/sql/open_database.h"

#include <string>

#include "storage/sql/sqlite_database.h"

namespace shiming::sql {

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(
    std::string_view url, const OpenOptions& options) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.substr(0, kSqlite.size()) != kSqlite ||
      url.size() == kSqlite.size()) {
    return absl::InvalidArgumentError("database url is not sqlite:PATH");
  }
  return OpenSqlite({.path = std::string(url.substr(kSqlite.size())),
                     .create = options.create,
                     .name = options.name,
                     .metrics = options.metrics});
}

}  // namespace shiming::sql

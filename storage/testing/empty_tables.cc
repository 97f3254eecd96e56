#include "storage/testing/empty_tables.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/check.h"
#include "common/status/status_macros.h"

namespace shiming::sql::testing {
namespace {

constexpr char kSqliteTables[] =
    "SELECT name FROM sqlite_master "
    "WHERE type = 'table' AND name <> 'schema_migrations' ORDER BY name";
constexpr char kPostgresTables[] =
    "SELECT CAST(tablename AS TEXT) FROM pg_tables "
    "WHERE schemaname = current_schema() "
    "AND tablename <> 'schema_migrations' ORDER BY tablename";

absl::Status EmptyInside(Transaction& tx, bool is_sqlite) {
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Query(is_sqlite ? kSqliteTables : kPostgresTables, {}));
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row.Text(0));
  if (names.empty()) return absl::OkStatus();
  if (!is_sqlite) {
    // Leaves no dead rows, which a DELETE would.
    return tx.Execute("TRUNCATE " + absl::StrJoin(names, ", "), {}).status();
  }
  for (const std::string& name : names) {
    RETURN_IF_ERROR(tx.Execute("DELETE FROM " + name, {}).status());
  }
  return absl::OkStatus();
}

}  // namespace

void EmptyTables(Database& database) {
  const bool is_sqlite = &database.dialect() == &SqliteDialect();
  const absl::Status emptied = database.WriteBlocking(
      [is_sqlite](Transaction& tx) { return EmptyInside(tx, is_sqlite); });
  SHIMING_CHECK(emptied.ok(), "the tables cannot be emptied");
}

}  // namespace shiming::sql::testing

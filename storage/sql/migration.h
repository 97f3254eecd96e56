// Numbered schema changes with checksums.
#ifndef SHIMING_STORAGE_SQL_MIGRATION_H_
#define SHIMING_STORAGE_SQL_MIGRATION_H_

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "storage/sql/database.h"

namespace shiming::sql {

// One step. All texts are static. A step never changes once released; another
// one is added instead. Only additive: new table, new nullable column, new
// index, so that code runs before, during and after it.
struct Migration {
  // 1, 2, 3 ... within the schema.
  int number;
  std::string_view name;
  // ONE statement in the words INT64, TEXT, BYTES; no table options. Tables
  // and indexes are made IF NOT EXISTS, since a step may run twice.
  std::string_view sql;
  // A SELECT without parameters that fails before the step and succeeds after
  // it, such as one that names the new columns.
  std::string_view verify_sql;
};

// Brings the tables of `schema` (the owner's name, such as "outbox") up to
// date: runs each step that is not recorded, verifies it, records it with its
// SHA-256. Blocks; for setup and start. Safe to repeat, also after a crash
// between any two of its statements, and when two processes do it at once.
//
// FAILED_PRECONDITION (plain status, naming the step) when a recorded step has
// another checksum, when numbers are not 1, 2, 3 ..., or a step does not
// verify. Steps that are recorded but unknown here are left alone: they are
// of a newer version.
absl::Status Migrate(Database& database, std::span<const Migration> migrations,
                     std::string_view schema);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_MIGRATION_H_

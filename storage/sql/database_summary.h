// What a database holds, in numbers: by this a copy is held against what it is
// a copy of.
#ifndef SHIMING_STORAGE_SQL_DATABASE_SUMMARY_H_
#define SHIMING_STORAGE_SQL_DATABASE_SUMMARY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace shiming::sql {

struct TableCount {
  std::string table;
  int64_t rows = 0;

  friend bool operator==(const TableCount&, const TableCount&) = default;
};

// A row of schema_migrations (migration.h).
struct AppliedMigration {
  std::string schema;
  int64_t number = 0;
  std::string sha256;  // 32 raw bytes

  friend bool operator==(const AppliedMigration&,
                         const AppliedMigration&) = default;
};

struct DatabaseSummary {
  std::vector<TableCount> tables;            // by name
  std::vector<AppliedMigration> migrations;  // by schema, then number

  friend bool operator==(const DatabaseSummary&,
                         const DatabaseSummary&) = default;
};

// OK when Migrate can have made such a database: each schema has its steps
// from 1 on without gaps, with a SHA-256 each. FAILED_PRECONDITION otherwise,
// also when there are none: then it is not one of ours.
absl::Status CheckMigrations(const DatabaseSummary& summary);

// OK when `found` is `expected`; DATA_LOSS naming the first table or step that
// differs, and `what` was looked at.
absl::Status CheckSame(const DatabaseSummary& expected,
                       const DatabaseSummary& found, const std::string& what);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_DATABASE_SUMMARY_H_

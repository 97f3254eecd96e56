#include "storage/sql/database_summary.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace shiming::sql {
namespace {

constexpr size_t kSha256Bytes = 32;

std::string Text(const TableCount& count) {
  return absl::StrCat(count.table, " with ", count.rows, " rows");
}

std::string Text(const AppliedMigration& migration) {
  return absl::StrCat("migration ", migration.schema, " ", migration.number);
}

// What is the first to differ, or "" when all is the same.
template <class T>
std::string FirstDifference(const std::vector<T>& expected,
                            const std::vector<T>& found) {
  const size_t both = std::min(expected.size(), found.size());
  for (size_t i = 0; i < both; ++i) {
    if (expected[i] == found[i]) continue;
    return absl::StrCat(Text(expected[i]), " is expected, ", Text(found[i]),
                        " is there");
  }
  if (expected.size() > both) {
    return absl::StrCat(Text(expected[both]), " is missing");
  }
  if (found.size() > both) {
    return absl::StrCat(Text(found[both]), " is too many");
  }
  return "";
}

}  // namespace

absl::Status CheckMigrations(const DatabaseSummary& summary) {
  if (summary.migrations.empty()) {
    return absl::FailedPreconditionError(
        "no migration was ever applied: this is no database of Shiming");
  }
  const AppliedMigration* last = nullptr;
  for (const AppliedMigration& migration : summary.migrations) {
    const bool goes_on = last != nullptr && last->schema == migration.schema;
    if (migration.number != (goes_on ? last->number + 1 : 1) ||
        migration.sha256.size() != kSha256Bytes) {
      return absl::FailedPreconditionError(
          absl::StrCat(Text(migration), " does not follow the one before"));
    }
    last = &migration;
  }
  return absl::OkStatus();
}

absl::Status CheckSame(const DatabaseSummary& expected,
                       const DatabaseSummary& found, const std::string& what) {
  std::string difference =
      FirstDifference(expected.migrations, found.migrations);
  if (difference.empty()) {
    difference = FirstDifference(expected.tables, found.tables);
  }
  if (difference.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(what, ": ", difference));
}

}  // namespace shiming::sql

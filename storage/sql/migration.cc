#include "storage/sql/migration.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/status_macros.h"

namespace shiming::sql {
namespace {

constexpr std::string_view kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "schema_name TEXT NOT NULL, number INT64 NOT NULL, name TEXT NOT NULL, "
    "sha256 BYTES NOT NULL, PRIMARY KEY (schema_name, number))";

absl::Status Refused(std::string_view schema, const Migration& migration,
                     std::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("migration ", std::string(schema), " ", migration.number,
                   " (", std::string(migration.name), "): ", std::string(why)));
}

// The checksum that the database has for this step, if it was done.
absl::StatusOr<std::optional<std::string>> RecordedChecksum(
    Database& database, std::string_view schema, int number) {
  std::optional<std::string> checksum;
  RETURN_IF_ERROR(database.ReadBlocking([&](Snapshot& snapshot) {
    checksum.reset();
    ASSIGN_OR_RETURN(
        std::optional<Row> row,
        snapshot.QueryAtMostOne(
            "SELECT sha256 FROM schema_migrations "
            "WHERE schema_name = $1 AND number = $2",
            {Value::Text(std::string(schema)), Value::Int(number)}));
    if (row.has_value()) checksum = row->Bytes(0);
    return absl::OkStatus();
  }));
  return checksum;
}

bool IsVerified(Database& database, const Migration& migration) {
  return database
      .ReadBlocking([&](Snapshot& snapshot) {
        return snapshot.Query(migration.verify_sql, {}).status();
      })
      .ok();
}

absl::Status RunDdl(Database& database, std::string_view sql) {
  const std::string ddl = database.dialect().Ddl(sql);
  return database.WriteBlocking(
      [&](Transaction& tx) { return tx.Execute(ddl, {}).status(); });
}

absl::Status Record(Database& database, std::string_view schema,
                    const Migration& migration, const std::string& checksum) {
  return database.WriteBlocking([&](Transaction& tx) {
    return tx
        .InsertIgnore(
            "INSERT INTO schema_migrations (schema_name, number, name, sha256) "
            "VALUES ($1, $2, $3, $4)",
            {Value::Text(std::string(schema)), Value::Int(migration.number),
             Value::Text(std::string(migration.name)), Value::Bytes(checksum)})
        .status();
  });
}

absl::Status Apply(Database& database, std::string_view schema,
                   const Migration& migration) {
  const std::string checksum = crypto::Sha256(absl::StrCat(
      std::string(migration.sql), "\n", std::string(migration.verify_sql)));
  ASSIGN_OR_RETURN(std::optional<std::string> recorded,
                   RecordedChecksum(database, schema, migration.number));
  if (recorded.has_value()) {
    if (*recorded == checksum) return absl::OkStatus();
    return Refused(schema, migration, "was changed after it had been applied");
  }
  // CREATE has IF NOT EXISTS, but ALTER TABLE cannot be repeated: where a crash
  // came between the step and its record, the verification tells.
  const bool is_alter = migration.sql.substr(0, 5) == "ALTER";
  absl::Status ran;
  if (!is_alter || !IsVerified(database, migration)) {
    ran = RunDdl(database, migration.sql);
  }
  if (!IsVerified(database, migration)) {
    // Another process that does the same at once may have been the one that
    // succeeded; where none has, this is why.
    RETURN_IF_ERROR(ran);
    return Refused(schema, migration, "does not verify");
  }
  return Record(database, schema, migration, checksum);
}

}  // namespace

absl::Status Migrate(Database& database, std::span<const Migration> migrations,
                     std::string_view schema) {
  RETURN_IF_ERROR(RunDdl(database, kCreateTable));
  int expected = 1;
  for (const Migration& migration : migrations) {
    if (migration.number != expected++) {
      return Refused(schema, migration, "numbers are not 1, 2, 3 ...");
    }
    RETURN_IF_ERROR(Apply(database, schema, migration));
  }
  return absl::OkStatus();
}

}  // namespace shiming::sql

#include "storage/backup/database_copy.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/backup/postgres_target.h"
#include "storage/backup/sqlite_target.h"
#include "storage/sql/postgres_options.h"

namespace shiming::backup {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

bool IsSqliteUrl(const std::string& url) {
  return url.size() > kSqlite.size() && url.starts_with(kSqlite);
}

std::string PathOf(const std::string& url) {
  return url.substr(kSqlite.size());
}

absl::Status OtherUrl() {
  return absl::InvalidArgumentError(
      "database url is neither sqlite:PATH nor postgres://...");
}

absl::Status OtherEngine(const storage::v1::BackupContent& content) {
  return absl::InvalidArgumentError(
      absl::StrCat(content.name(),
                   " is a copy of another engine, or of "
                   "another schema, than the url names"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeldDatabase>> HeldDatabase::Open(
    const std::string& url, const sql::PostgresTools& tools) {
  if (IsSqliteUrl(url)) {
    ASSIGN_OR_RETURN(std::unique_ptr<sql::SqliteBackupSource> source,
                     sql::SqliteBackupSource::Open(PathOf(url)));
    return std::unique_ptr<HeldDatabase>(
        std::make_unique<HeldSqlite>(std::move(source)));
  }
  if (!sql::IsPostgresUrl(url)) return OtherUrl();
  ASSIGN_OR_RETURN(const sql::PostgresPlace place, sql::FindPostgres(url));
  ASSIGN_OR_RETURN(std::unique_ptr<sql::PostgresBackupSource> source,
                   sql::PostgresBackupSource::Open(place));
  return std::unique_ptr<HeldDatabase>(
      std::make_unique<HeldPostgres>(std::move(source), place.schema, tools));
}

absl::StatusOr<std::unique_ptr<RestoredCopy>> RestoredCopy::Make(
    const storage::v1::BackupContent& content, const std::string& file,
    const std::string& server, const sql::PostgresTools& tools) {
  if (content.engine() == storage::v1::BACKUP_ENGINE_POSTGRES) {
    return RestoredPostgres::Load(content, file, server, tools);
  }
  RETURN_IF_ERROR(CheckSqliteFile(file, content));
  return std::unique_ptr<RestoredCopy>(std::make_unique<RestoredSqlite>(file));
}

absl::StatusOr<std::unique_ptr<RestoreTarget>> RestoreTarget::At(
    const std::string& url, const storage::v1::BackupContent& content,
    const sql::PostgresTools& tools) {
  const bool is_postgres =
      content.engine() == storage::v1::BACKUP_ENGINE_POSTGRES;
  if (IsSqliteUrl(url)) {
    if (is_postgres) return OtherEngine(content);
    return std::unique_ptr<RestoreTarget>(
        std::make_unique<SqliteTarget>(PathOf(url), content));
  }
  if (!sql::IsPostgresUrl(url)) return OtherUrl();
  ASSIGN_OR_RETURN(sql::PostgresPlace place, sql::FindPostgres(url));
  if (!is_postgres || place.schema != content.postgres_schema()) {
    return OtherEngine(content);
  }
  return std::unique_ptr<RestoreTarget>(
      std::make_unique<PostgresTarget>(std::move(place), content, tools));
}

}  // namespace shiming::backup

#include "storage/backup/postgres_target.h"

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_format.h"
#include "storage/sql/postgres_database.h"
#include "storage/sql/postgres_options.h"

namespace shiming::backup {
namespace {

// Of the scratch database's driver: nobody else is there.
constexpr int kThreads = 1;
// NAMEDATALEN - 1 of PostgreSQL.
constexpr size_t kMostNameBytes = 63;

std::string ScratchName(const std::string& schema) {
  return ("shiming_verify_" + schema).substr(0, kMostNameBytes);
}

absl::Status CheckPlace(const sql::PostgresPlace& place,
                        const storage::v1::BackupContent& content) {
  ASSIGN_OR_RETURN(const sql::DatabaseSummary found,
                   sql::InspectPostgres(place));
  return sql::CheckSame(SummaryOf(content), found, content.name());
}

}  // namespace

absl::Status HeldPostgres::CopyTo(const std::string& to,
                                  storage::v1::BackupContent& content) {
  ASSIGN_OR_RETURN(const sql::DatabaseSummary summary,
                   source_->DumpTo(tools_, to));
  RETURN_IF_ERROR(sql::CheckMigrations(summary));
  content.set_engine(storage::v1::BACKUP_ENGINE_POSTGRES);
  content.set_postgres_schema(schema_);
  SetSummary(summary, content);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RestoredCopy>> RestoredPostgres::Load(
    const storage::v1::BackupContent& content, const std::string& file,
    const std::string& server, const sql::PostgresTools& tools) {
  if (!sql::IsPostgresUrl(server)) {
    return absl::InvalidArgumentError(absl::StrCat(
        content.name(),
        ": a dump of PostgreSQL is tried out on a server: name one"));
  }
  ASSIGN_OR_RETURN(sql::PostgresPlace place, sql::FindPostgres(server));
  place.schema = content.postgres_schema();
  ASSIGN_OR_RETURN(
      std::unique_ptr<sql::ScratchPostgres> scratch,
      sql::ScratchPostgres::Make(place, ScratchName(place.schema)));
  RETURN_IF_ERROR(sql::LoadPostgres(scratch->place(), tools, file));
  RETURN_IF_ERROR(CheckPlace(scratch->place(), content));
  return std::unique_ptr<RestoredCopy>(
      std::make_unique<RestoredPostgres>(std::move(scratch)));
}

absl::StatusOr<std::unique_ptr<sql::Database>> RestoredPostgres::Open() {
  const sql::PostgresPlace& place = scratch_->place();
  return sql::OpenPostgres({.hosts = {place.host},
                            .schema = place.schema,
                            .writer_count = kThreads,
                            .reader_count = kThreads});
}

absl::StatusOr<bool> PostgresTarget::IsDone() {
  ASSIGN_OR_RETURN(const bool is_empty, sql::IsEmptyPostgres(place_));
  if (is_empty) return false;
  if (CheckPlace(place_, content_).ok()) return true;
  return MakeError(
      Reason::RESTORE_TARGET_NOT_EMPTY,
      absl::StrCat("schema ", place_.schema,
                   " has tables: a restore never writes over a database. "
                   "Rename the schema"));
}

std::string PostgresTarget::FileFor(const std::string& scratch) const {
  return scratch;
}

// The dump is tried out by loading it, in one transaction.
absl::Status PostgresTarget::Prepare(const std::string& /*file*/) {
  return absl::OkStatus();
}

absl::Status PostgresTarget::Commit(const std::string& file) {
  RETURN_IF_ERROR(sql::LoadPostgres(place_, tools_, file));
  return CheckPlace(place_, content_);
}

}  // namespace shiming::backup

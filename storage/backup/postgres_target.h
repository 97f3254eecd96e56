// Copies of PostgreSQL schemas as backups use them.
#ifndef SHIMING_STORAGE_BACKUP_POSTGRES_TARGET_H_
#define SHIMING_STORAGE_BACKUP_POSTGRES_TARGET_H_

#include <memory>
#include <string>
#include <utility>

#include "storage/backup/database_copy.h"
#include "storage/sql/postgres_place.h"

namespace shiming::backup {

class HeldPostgres final : public HeldDatabase {
 public:
  HeldPostgres(std::unique_ptr<sql::PostgresBackupSource> source,
               std::string schema, sql::PostgresTools tools)
      : source_(std::move(source)),
        schema_(std::move(schema)),
        tools_(std::move(tools)) {}

  absl::Status Hold() override { return source_->Hold(); }
  absl::Status CopyTo(const std::string& to,
                      storage::v1::BackupContent& content) override;

 private:
  const std::unique_ptr<sql::PostgresBackupSource> source_;
  const std::string schema_;
  const sql::PostgresTools tools_;
};

class RestoredPostgres final : public RestoredCopy {
 public:
  explicit RestoredPostgres(std::unique_ptr<sql::ScratchPostgres> scratch)
      : scratch_(std::move(scratch)) {}

  // Loads and checks; see RestoredCopy::Make.
  static absl::StatusOr<std::unique_ptr<RestoredCopy>> Load(
      const storage::v1::BackupContent& content, const std::string& file,
      const std::string& server, const sql::PostgresTools& tools);

  absl::StatusOr<std::unique_ptr<sql::Database>> Open() override;

 private:
  const std::unique_ptr<sql::ScratchPostgres> scratch_;
};

class PostgresTarget final : public RestoreTarget {
 public:
  PostgresTarget(sql::PostgresPlace place, storage::v1::BackupContent content,
                 sql::PostgresTools tools)
      : place_(std::move(place)),
        content_(std::move(content)),
        tools_(std::move(tools)) {}

  absl::StatusOr<bool> IsDone() override;
  std::string FileFor(const std::string& scratch) const override;
  absl::Status Prepare(const std::string& file) override;
  absl::Status Commit(const std::string& file) override;

 private:
  const sql::PostgresPlace place_;
  const storage::v1::BackupContent content_;
  const sql::PostgresTools tools_;
};

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_POSTGRES_TARGET_H_

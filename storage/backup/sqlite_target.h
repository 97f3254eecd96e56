// Copies of SQLite databases as backups use them.
#ifndef SHIMING_STORAGE_BACKUP_SQLITE_TARGET_H_
#define SHIMING_STORAGE_BACKUP_SQLITE_TARGET_H_

#include <memory>
#include <string>
#include <utility>

#include "storage/backup/database_copy.h"
#include "storage/sql/sqlite_copy.h"

namespace shiming::backup {

class HeldSqlite final : public HeldDatabase {
 public:
  explicit HeldSqlite(std::unique_ptr<sql::SqliteBackupSource> source)
      : source_(std::move(source)) {}

  absl::Status Hold() override { return source_->Hold(); }
  absl::Status CopyTo(const std::string& to,
                      storage::v1::BackupContent& content) override;

 private:
  const std::unique_ptr<sql::SqliteBackupSource> source_;
};

class RestoredSqlite final : public RestoredCopy {
 public:
  // `file` was checked.
  explicit RestoredSqlite(std::string file) : file_(std::move(file)) {}

  absl::StatusOr<std::unique_ptr<sql::Database>> Open() override;

 private:
  const std::string file_;
};

class SqliteTarget final : public RestoreTarget {
 public:
  SqliteTarget(std::string path, storage::v1::BackupContent content)
      : path_(std::move(path)), content_(std::move(content)) {}

  absl::StatusOr<bool> IsDone() override;
  std::string FileFor(const std::string& scratch) const override;
  absl::Status Prepare(const std::string& file) override;
  absl::Status Commit(const std::string& file) override;

 private:
  absl::Status CheckNothingBeside() const;

  const std::string path_;
  const storage::v1::BackupContent content_;
};

// OK when the file at `path` is the database that `content` says: every page,
// every count. DATA_LOSS otherwise. Blocks.
absl::Status CheckSqliteFile(const std::string& path,
                             const storage::v1::BackupContent& content);

}  // namespace shiming::backup

#endif  // SHIMING_STORAGE_BACKUP_SQLITE_TARGET_H_

#include "storage/backup/sqlite_target.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/files/file_stream.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/backup/backup_format.h"
#include "storage/sql/sqlite_database.h"

namespace shiming::backup {
namespace {

namespace fs = std::filesystem;

// Of a database that is being put back; ours, so an older one may go.
constexpr char kRestoring[] = ".restoring";
// What SQLite keeps beside a database: of another one it would be applied to
// ours.
constexpr const char* kCompanions[] = {"-wal", "-shm", "-journal"};

absl::StatusOr<std::string> Sha256Of(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file,
                   InputFile::Open(path));
  crypto::Sha256Hasher hasher;
  for (;;) {
    ASSIGN_OR_RETURN(const std::string bytes, file->Read(kChunkBytes));
    if (bytes.empty()) return hasher.Finish();
    hasher.Update(bytes);
  }
}

absl::Status IsThere(const std::string& path) {
  return MakeError(Reason::RESTORE_TARGET_NOT_EMPTY,
                   absl::StrCat(path,
                                " is there: a restore never writes over a "
                                "database. Move it away"));
}

// To who owns the folder: root restores for a service's user.
absl::Status GiveToOwnerOfFolder(const std::string& path) {
  if (geteuid() != 0) return absl::OkStatus();
  struct stat folder = {};
  const std::string parent = fs::path(path).parent_path().string();
  if (stat(parent.empty() ? "." : parent.c_str(), &folder) != 0 ||
      chown(path.c_str(), folder.st_uid, folder.st_gid) != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSqliteFile(const std::string& path,
                             const storage::v1::BackupContent& content) {
  ASSIGN_OR_RETURN(const sql::DatabaseSummary found, sql::InspectSqlite(path));
  return sql::CheckSame(SummaryOf(content), found, content.name());
}

absl::Status HeldSqlite::CopyTo(const std::string& to,
                                storage::v1::BackupContent& content) {
  RETURN_IF_ERROR(source_->CopyTo(to));
  ASSIGN_OR_RETURN(const sql::DatabaseSummary summary, sql::InspectSqlite(to));
  RETURN_IF_ERROR(sql::CheckMigrations(summary));
  content.set_engine(storage::v1::BACKUP_ENGINE_SQLITE);
  content.clear_postgres_schema();
  SetSummary(summary, content);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<sql::Database>> RestoredSqlite::Open() {
  return sql::OpenSqlite({.path = file_, .reader_count = 1});
}

absl::Status SqliteTarget::CheckNothingBeside() const {
  for (const char* companion : kCompanions) {
    std::error_code ignored;
    if (fs::exists(path_ + companion, ignored)) {
      return IsThere(path_ + companion);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> SqliteTarget::IsDone() {
  RETURN_IF_ERROR(CheckNothingBeside());
  const absl::StatusOr<std::string> sha256 = Sha256Of(path_);
  if (absl::IsNotFound(sha256.status())) return false;
  RETURN_IF_ERROR(sha256.status());
  if (*sha256 == content_.sha256()) return true;
  return IsThere(path_);
}

std::string SqliteTarget::FileFor(const std::string& /*scratch*/) const {
  return path_ + kRestoring;
}

absl::Status SqliteTarget::Prepare(const std::string& file) {
  RETURN_IF_ERROR(CheckSqliteFile(file, content_));
  RETURN_IF_ERROR(GiveToOwnerOfFolder(file));
  return SyncFile(file);
}

absl::Status SqliteTarget::Commit(const std::string& file) {
  RETURN_IF_ERROR(CheckNothingBeside());
  const absl::Status renamed = RenameToNew(file, path_);
  return absl::IsAlreadyExists(renamed) ? IsThere(path_) : renamed;
}

}  // namespace shiming::backup

#include "storage/sql/sqlite_database.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/sql/sqlite_connection.h"
#include "storage/sql/sqlite_metrics.h"
#include "storage/sql/sqlite_readers.h"
#include "storage/sql/sqlite_writer.h"

namespace shiming::sql {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<SqliteConnection> writer,
                 std::vector<std::unique_ptr<SqliteConnection>> readers,
                 const SqliteOptions& options)
      : metrics_(options.metrics, options.name),
        writer_(std::move(writer),
                {.batch_limit = options.batch_limit,
                 .batch_time = absl::ToChronoMicroseconds(options.batch_time),
                 .queue_limit = options.queue_limit},
                metrics_),
        readers_(std::move(readers), options.queue_limit, metrics_) {}

  void StartWrite(WriteFn fn, Done done) override {
    writer_.Start(std::move(fn), std::move(done));
  }
  void StartRead(ReadFn fn, Done done) override {
    readers_.Start(std::move(fn), std::move(done));
  }
  void StartScrub(Done done) override { writer_.StartScrub(std::move(done)); }
  const Dialect& dialect() const override { return SqliteDialect(); }

 private:
  SqliteMetrics metrics_;
  SqliteWriter writer_;
  SqliteReaders readers_;
};

// Makes the name of a new file survive a power loss; SQLite syncs the folder
// for its journals only.
absl::Status SyncFolderOf(const std::filesystem::path& path) {
  std::filesystem::path folder = path.parent_path();
  if (folder.empty()) folder = ".";
  int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return MakeSqlError(SqlError::kUnavailable, "cannot open the folder");
  }
  const int result = fsync(fd);
  close(fd);
  if (result == 0) return absl::OkStatus();
  return MakeSqlError(SqlError::kUnavailable, "cannot sync the folder");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(SqliteOptions options) {
  std::error_code error;
  const bool exists = std::filesystem::exists(options.path, error);
  if (!exists && !options.create) {
    return absl::NotFoundError(
        absl::StrCat("no database at ", options.path,
                     "; it is made at setup only, never by a service"));
  }
  ASSIGN_OR_RETURN(
      auto writer,
      SqliteConnection::Open(options.path,
                             options.create ? SqliteConnection::Mode::kCreate
                                            : SqliteConnection::Mode::kWrite,
                             options.vfs));
  if (!exists) {
    RETURN_IF_ERROR(SyncFolderOf(options.path));
  }
  std::vector<std::unique_ptr<SqliteConnection>> readers;
  for (int i = 0; i < options.reader_count; ++i) {
    ASSIGN_OR_RETURN(
        auto reader,
        SqliteConnection::Open(options.path, SqliteConnection::Mode::kReadOnly,
                               options.vfs));
    readers.push_back(std::move(reader));
  }
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(
      std::move(writer), std::move(readers), options));
}

}  // namespace shiming::sql

#include "storage/sql/sqlite_copy.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// How long the source may be locked, as by a recovery after a crash.
constexpr int kBusyTimeoutMilliseconds = 5000;
// Pages between two looks at what SQLite says: 4 MiB at 4 KiB a page.
constexpr int kPagesPerStep = 1024;
constexpr char kFirstRead[] = "SELECT COUNT(*) FROM sqlite_schema";
// Ends at the first fault.
constexpr char kIntegrityCheck[] = "PRAGMA integrity_check(1)";

struct CloseSqlite {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
using UniqueSqlite = std::unique_ptr<sqlite3, CloseSqlite>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};
using UniqueStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

absl::Status Error(const std::string& path, int code) {
  const std::string text =
      absl::StrCat(path, ": SQLite ", code, " (", sqlite3_errstr(code), ")");
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    default:
      return MakeSqlError(SqlError::kUnavailable, text);
  }
}

// `name` is a path, or with SQLITE_OPEN_URI in `flags` a URI.
absl::StatusOr<UniqueSqlite> OpenFile(const std::string& name, int flags) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      name.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  UniqueSqlite opened(db);
  if (code != SQLITE_OK) return Error(name, code);
  sqlite3_busy_timeout(db, kBusyTimeoutMilliseconds);
  return opened;
}

using RowFn = std::function<void(sqlite3_stmt* row)>;

// Runs one statement; `fn` sees each row.
absl::Status Run(sqlite3* db, const std::string& path, const std::string& sql,
                 const RowFn& fn = nullptr) {
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v2(db, sql.c_str(), -1, &prepared, nullptr);
  const UniqueStatement statement(prepared);
  if (code != SQLITE_OK) return Error(path, code);
  while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
    if (fn != nullptr) fn(prepared);
  }
  if (code != SQLITE_DONE) return Error(path, code);
  return absl::OkStatus();
}

// TEXT or BLOB.
std::string Column(sqlite3_stmt* row, int column) {
  const void* data = sqlite3_column_blob(row, column);
  const int size = sqlite3_column_bytes(row, column);
  if (data == nullptr || size == 0) return "";
  return std::string(static_cast<const char*>(data), size);
}

std::string Quoted(const std::string& name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

absl::Status MakeFile(const std::string& path) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    close(fd);
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string text = absl::StrCat(path, ": ", strerror(error));
  return error == EEXIST ? absl::AlreadyExistsError(text)
                         : absl::UnavailableError(text);
}

absl::Status CheckIsThere(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
}

// All pages of `source`, which is in a read transaction.
absl::Status CopyPages(sqlite3* source, sqlite3* copy, const std::string& to) {
  sqlite3_backup* backup = sqlite3_backup_init(copy, "main", source, "main");
  if (backup == nullptr) return Error(to, sqlite3_extended_errcode(copy));
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(backup, kPagesPerStep);
  const int finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return Error(to, code);
  if (finished != SQLITE_OK) return Error(to, finished);
  return absl::OkStatus();
}

// The path as part of a "file:" URI.
std::string UriPath(const std::string& path) {
  std::string escaped;
  for (unsigned char c : path) {
    if (std::isalnum(c) != 0 || strchr("/._-~", c) != nullptr) {
      escaped += static_cast<char>(c);
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", c);
    }
  }
  return escaped;
}

absl::Status CheckIntegrity(sqlite3* db, const std::string& path) {
  std::string said;
  RETURN_IF_ERROR(Run(db, path, kIntegrityCheck,
                      [&said](sqlite3_stmt* row) { said = Column(row, 0); }));
  if (said == "ok") return absl::OkStatus();
  // Names tables and indexes, never values.
  return absl::DataLossError(absl::StrCat(path, ": ", said));
}

absl::StatusOr<std::vector<TableCount>> CountTables(sqlite3* db,
                                                    const std::string& path) {
  std::vector<TableCount> counts;
  RETURN_IF_ERROR(Run(db, path,
                      "SELECT name FROM sqlite_schema WHERE type = 'table' "
                      "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                      "ORDER BY name",
                      [&counts](sqlite3_stmt* row) {
                        counts.push_back({.table = Column(row, 0)});
                      }));
  for (TableCount& count : counts) {
    RETURN_IF_ERROR(Run(db, path, "SELECT COUNT(*) FROM " + Quoted(count.table),
                        [&count](sqlite3_stmt* row) {
                          count.rows = sqlite3_column_int64(row, 0);
                        }));
  }
  return counts;
}

bool HasMigrations(const std::vector<TableCount>& tables) {
  for (const TableCount& count : tables) {
    if (count.table == "schema_migrations") return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteBackupSource>> SqliteBackupSource::Open(
    const std::string& path) {
  RETURN_IF_ERROR(CheckIsThere(path));
  ASSIGN_OR_RETURN(UniqueSqlite db, OpenFile(path, SQLITE_OPEN_READWRITE));
  // Where no service has it open, its WAL is left for the next one.
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  RETURN_IF_ERROR(Run(db.get(), path, "PRAGMA query_only = ON"));
  // What the first look costs is paid here.
  RETURN_IF_ERROR(Run(db.get(), path, kFirstRead));
  return std::unique_ptr<SqliteBackupSource>(
      new SqliteBackupSource(path, db.release()));
}

absl::Status SqliteBackupSource::Hold() {
  RETURN_IF_ERROR(Run(db_, path_, "BEGIN"));
  // The first read takes the state. Without it each change by a writer would
  // begin the copy anew.
  return Run(db_, path_, kFirstRead);
}

SqliteBackupSource::~SqliteBackupSource() { sqlite3_close(db_); }

absl::Status SqliteBackupSource::CopyTo(const std::string& to) {
  RETURN_IF_ERROR(MakeFile(to));
  ASSIGN_OR_RETURN(const UniqueSqlite copy,
                   OpenFile(to, SQLITE_OPEN_READWRITE));
  // A copy that a crash cuts short is thrown away.
  RETURN_IF_ERROR(Run(copy.get(), to, "PRAGMA journal_mode = MEMORY"));
  RETURN_IF_ERROR(Run(copy.get(), to, "PRAGMA synchronous = OFF"));
  return CopyPages(db_, copy.get(), to);
}

absl::StatusOr<DatabaseSummary> InspectSqlite(const std::string& path) {
  RETURN_IF_ERROR(CheckIsThere(path));
  // Immutable: no lock, no WAL, so no other file is made or looked at.
  ASSIGN_OR_RETURN(
      const UniqueSqlite db,
      OpenFile(absl::StrCat("file:", UriPath(path), "?mode=ro&immutable=1"),
               SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  // Whoever wrote the file may have put anything into its schema.
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  RETURN_IF_ERROR(CheckIntegrity(db.get(), path));
  DatabaseSummary summary;
  ASSIGN_OR_RETURN(summary.tables, CountTables(db.get(), path));
  if (!HasMigrations(summary.tables)) return summary;
  RETURN_IF_ERROR(Run(
      db.get(), path,
      "SELECT schema_name, number, sha256 FROM schema_migrations "
      "ORDER BY schema_name, number",
      [&summary](sqlite3_stmt* row) {
        summary.migrations.push_back({.schema = Column(row, 0),
                                      .number = sqlite3_column_int64(row, 1),
                                      .sha256 = Column(row, 2)});
      }));
  return summary;
}

}  // namespace shiming::sql

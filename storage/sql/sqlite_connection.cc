#include "storage/sql/sqlite_connection.h"

#include <sqlite3.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/sql/database.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

// How long a statement waits for another process that holds the write lock.
constexpr int kBusyTimeoutMilliseconds = 5000;

// The WAL is copied into the database when it has so many pages (SQLite's own
// default is 1000): a page that many transactions change is then copied once.
// 16 MiB at 4 KiB a page.
constexpr int kWalPages = 4096;

SqlError KindOf(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
      return SqlError::kUnique;
    default:
      break;
  }
  switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
      return SqlError::kConstraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return SqlError::kRetry;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
      return SqlError::kUnavailable;
    default:
      return SqlError::kStatement;
  }
}

// Gives a statement back to its cache, whatever happened.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(sqlite3_stmt* handle) : handle_(handle) {}
  ~ResetAtEnd() {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  sqlite3_stmt* handle_;
};

bool IsBlank(const char* text) {
  return text[std::strspn(text, " \t\r\n;")] == '\0';
}

// A pointer that SQLite does not take for NULL, also for no bytes.
const char* NotNull(const std::string& text) {
  return text.empty() ? "" : text.data();
}

}  // namespace

SqliteConnection::Statement::~Statement() { sqlite3_finalize(handle); }

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const std::string& path, Mode mode, const std::string& vfs) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
              SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &db, flags,
                             vfs.empty() ? nullptr : vfs.c_str());
  auto connection = std::unique_ptr<SqliteConnection>(new SqliteConnection(db));
  if (code != SQLITE_OK) {
    return MakeSqlError(
        SqlError::kUnavailable,
        absl::StrCat("cannot open ", path, ": ", sqlite3_errstr(code)));
  }
  RETURN_IF_ERROR(connection->Configure(mode));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  by_sql_.clear();
  statements_.clear();
  sqlite3_close(db_);
}

absl::Status SqliteConnection::Configure(Mode mode) {
  sqlite3_busy_timeout(db_, kBusyTimeoutMilliseconds);
  // "x" is an identifier, never a string, as on every other engine.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  ASSIGN_OR_RETURN(Rows journal, Query("PRAGMA journal_mode = WAL", {}));
  if (journal.size() != 1 || journal[0].Text(0) != "wal") {
    return MakeSqlError(SqlError::kUnavailable, "no WAL on this file system");
  }
  RETURN_IF_ERROR(Run("PRAGMA synchronous = FULL"));
  // What is deleted is overwritten with zeros: ScrubDeleted rests on it.
  // Debian's library is built so; others are not.
  RETURN_IF_ERROR(Run("PRAGMA secure_delete = ON"));
  // What a savepoint can undo stays in memory, not in a temporary file.
  RETURN_IF_ERROR(Run("PRAGMA temp_store = MEMORY"));
  sqlite3_wal_autocheckpoint(db_, kWalPages);
  if (mode == Mode::kReadOnly) {
    RETURN_IF_ERROR(Run("PRAGMA query_only = ON"));
  }
  read_only_ = mode == Mode::kReadOnly;
  return absl::OkStatus();
}

absl::StatusOr<Rows> SqliteConnection::Query(std::string_view sql,
                                             const Params& params) {
  ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
  ResetAtEnd reset(statement->handle);
  RETURN_IF_ERROR(Bind(*statement, params));
  Rows rows;
  int code = sqlite3_step(statement->handle);
  while (code == SQLITE_ROW) {
    rows.push_back(ReadRow(statement->handle));
    code = sqlite3_step(statement->handle);
  }
  if (code != SQLITE_DONE) return Error(code, sql);
  return rows;
}

absl::StatusOr<int64_t> SqliteConnection::Execute(std::string_view sql,
                                                  const Params& params) {
  ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
  ResetAtEnd reset(statement->handle);
  RETURN_IF_ERROR(Bind(*statement, params));
  const int64_t before = sqlite3_total_changes64(db_);
  int code = sqlite3_step(statement->handle);
  while (code == SQLITE_ROW) code = sqlite3_step(statement->handle);
  if (code != SQLITE_DONE) return Error(code, sql);
  return sqlite3_total_changes64(db_) - before;
}

absl::Status SqliteConnection::Run(std::string_view sql) {
  return Execute(sql, {}).status();
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

absl::StatusOr<SqliteConnection::Statement*> SqliteConnection::Prepare(
    std::string_view sql) {
  if (auto found = by_sql_.find(sql); found != by_sql_.end()) {
    statements_.splice(statements_.begin(), statements_, found->second);
    return found->second->get();
  }
  auto statement = std::make_unique<Statement>();
  statement->sql = std::string(sql);
  const char* tail = nullptr;
  int code = sqlite3_prepare_v3(
      db_, statement->sql.c_str(), static_cast<int>(statement->sql.size()) + 1,
      SQLITE_PREPARE_PERSISTENT, &statement->handle, &tail);
  if (code != SQLITE_OK) return Error(code, sql);
  // SQLite runs the first of several and says nothing.
  if (statement->handle == nullptr || !IsBlank(tail)) {
    return MakeSqlError(SqlError::kStatement,
                        absl::StrCat("not one statement: ", statement->sql));
  }
  if (read_only_ && sqlite3_stmt_readonly(statement->handle) == 0) {
    return MakeSqlError(SqlError::kStatement,
                        absl::StrCat("writes in a Read: ", statement->sql));
  }
  RETURN_IF_ERROR(FindParameters(*statement));
  if (statements_.size() >= kMaxStatements) {
    by_sql_.erase(statements_.back()->sql);
    statements_.pop_back();
  }
  statements_.push_front(std::move(statement));
  by_sql_[statements_.front()->sql] = statements_.begin();
  return statements_.front().get();
}

absl::Status SqliteConnection::FindParameters(Statement& statement) {
  const int count = sqlite3_bind_parameter_count(statement.handle);
  for (int i = 1; i <= count; ++i) {
    int index = sqlite3_bind_parameter_index(statement.handle,
                                             absl::StrCat("$", i).c_str());
    if (index == 0) {
      return MakeSqlError(
          SqlError::kStatement,
          absl::StrCat("parameters are not $1..$n: ", statement.sql));
    }
    statement.indexes.push_back(index);
  }
  return absl::OkStatus();
}

absl::Status SqliteConnection::Bind(const Statement& statement,
                                    const Params& params) {
  if (params.size() != statement.indexes.size()) {
    return MakeSqlError(
        SqlError::kStatement,
        absl::StrCat(params.size(), " parameters given: ", statement.sql));
  }
  RETURN_IF_ERROR(CheckParams(params));
  for (size_t i = 0; i < params.size(); ++i) {
    const Value& value = params[i];
    const int index = statement.indexes[i];
    int code = SQLITE_OK;
    if (value.is_null()) {
      code = sqlite3_bind_null(statement.handle, index);
    } else if (value.type() == Type::kInt) {
      code = sqlite3_bind_int64(statement.handle, index, value.int_value());
    } else if (value.type() == Type::kText) {
      // `params` outlives the step, so nothing is copied (SQLITE_STATIC).
      const std::string& text = value.string_value();
      code = sqlite3_bind_text64(statement.handle, index, text.data(),
                                 text.size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
      const std::string& bytes = value.string_value();
      code = sqlite3_bind_blob64(statement.handle, index, NotNull(bytes),
                                 bytes.size(), SQLITE_STATIC);
    }
    if (code != SQLITE_OK) return Error(code, statement.sql);
  }
  return absl::OkStatus();
}

Row SqliteConnection::ReadRow(sqlite3_stmt* handle) {
  const int count = sqlite3_column_count(handle);
  std::vector<Value> columns;
  columns.reserve(count);
  for (int i = 0; i < count; ++i) {
    switch (sqlite3_column_type(handle, i)) {
      case SQLITE_INTEGER:
        columns.push_back(Value::Int(sqlite3_column_int64(handle, i)));
        break;
      case SQLITE_BLOB: {
        const void* data = sqlite3_column_blob(handle, i);
        const int size = sqlite3_column_bytes(handle, i);
        columns.push_back(
            Value::Bytes(std::string(static_cast<const char*>(data), size)));
        break;
      }
      case SQLITE_NULL:
        columns.push_back(Value::NullInt());
        break;
      default: {  // TEXT; a FLOAT cannot be in our tables
        const unsigned char* data = sqlite3_column_text(handle, i);
        const int size = sqlite3_column_bytes(handle, i);
        columns.push_back(Value::Text(
            std::string(reinterpret_cast<const char*>(data), size)));
        break;
      }
    }
  }
  return Row(std::move(columns));
}

absl::Status SqliteConnection::Error(int code, std::string_view what) const {
  // sqlite3_errmsg names tables and columns, never values.
  return MakeSqlError(KindOf(code),
                      absl::StrCat("SQLite ", code, " (", sqlite3_errmsg(db_),
                                   ") in: ", std::string(what)));
}

}  // namespace shiming::sql

// One SQLite connection with its prepared statements: the only place, with its
// .cc, that talks to the C client.
#ifndef SHIMING_STORAGE_SQL_SQLITE_CONNECTION_H_
#define SHIMING_STORAGE_SQL_SQLITE_CONNECTION_H_

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace shiming::sql {

// Used by one thread at a time.
class SqliteConnection {
 public:
  enum class Mode {
    kCreate,    // read and write; the file is made when missing
    kWrite,     // read and write; fails when missing
    kReadOnly,  // no statement may change anything; fails when missing
  };

  // Opens `path` in WAL mode with synchronous=FULL. `vfs` is the name of a
  // registered SQLite VFS, empty for the default. kUnavailable on failure.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(
      const std::string& path, Mode mode, const std::string& vfs);

  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs one statement with $1..$n bound; all rows, if it gives any. Statuses
  // are those of MakeSqlError, INVALID_REQUEST for bad TEXT.
  absl::StatusOr<Rows> Query(std::string_view sql, const Params& params);

  // The same for a statement whose rows do not matter; affected rows.
  absl::StatusOr<int64_t> Execute(std::string_view sql, const Params& params);

  // Runs a parameterless statement of ours (BEGIN, SAVEPOINT, PRAGMA ...).
  absl::Status Run(std::string_view sql);

  // False while a transaction is open. SQLite ends one by itself after some
  // errors (disk full, I/O).
  bool in_transaction() const;

 private:
  // A prepared statement; `indexes[i]` is where "$<i+1>" is bound: SQLite
  // numbers named parameters by first appearance.
  struct Statement {
    std::string sql;
    sqlite3_stmt* handle = nullptr;
    std::vector<int> indexes;
    ~Statement();
  };
  using Statements = std::list<std::unique_ptr<Statement>>;

  // Prepared statements kept per connection; the least recently used goes.
  static constexpr size_t kMaxStatements = 256;

  explicit SqliteConnection(sqlite3* db) : db_(db) {}
  absl::Status Configure(Mode mode);
  absl::StatusOr<Statement*> Prepare(std::string_view sql);
  static absl::Status FindParameters(Statement& statement);
  absl::Status Bind(const Statement& statement, const Params& params);
  static Row ReadRow(sqlite3_stmt* handle);
  absl::Status Error(int code, std::string_view what) const;

  sqlite3* db_;
  bool read_only_ = false;
  Statements statements_;  // most recently used first
  std::unordered_map<std::string_view, Statements::iterator> by_sql_;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_SQLITE_CONNECTION_H_

// Statements and transactions on one session.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_CONNECTION_H_
#define SHIMING_STORAGE_SQL_POSTGRES_CONNECTION_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/postgres_error.h"
#include "storage/sql/postgres_link.h"
#include "storage/sql/postgres_session.h"
#include "storage/sql/value.h"

namespace shiming::sql {

// Used by one thread at a time.
class PostgresConnection {
 public:
  struct Answer {
    Rows rows;
    int64_t affected = 0;
  };

  // Connects to one host; as PostgresLink::Connect. `options` and `metrics`
  // must outlive the connection.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(
      const PostgresOptions::Keywords& host, const PostgresOptions& options,
      PostgresMetrics& metrics);

  PostgresLink::State state() const { return link_->state(); }
  const PostgresLink& link() const { return *link_; }

  // Runs one statement; where `begin`, as the first of a new transaction.
  // Statuses are those of MakeSqlError, INVALID_REQUEST for bad TEXT.
  // kUnavailable when the session is lost or the answer too late.
  absl::StatusOr<Answer> Run(std::string_view sql, const Params& params,
                             PostgresAccess access, bool begin);

  // Ends the transaction. OK after a clean yes only, which is the tag "COMMIT"
  // and no warning: a cancelled wait for a standby is told by a warning alone.
  // kRetry when the server says that it rolled back (40001, 40P01). Everything
  // else is kUnknown, and the session is given up. Never cancelled: that would
  // make a COMMIT that waits for its standby visible without it.
  absl::Status Commit();

  // Ends the transaction; the session is given up where that fails.
  void Rollback();

 private:
  // A prepared statement; the key is the types of its parameters and its text.
  struct Prepared {
    std::string key;
    std::string name;
  };
  using Commands = std::vector<PostgresCommand>;

  // Prepared statements kept per connection; the least recently used goes.
  static constexpr size_t kMaxStatements = 256;
  // Statements known to CheckBytes; at so many it forgets all.
  static constexpr size_t kMaxChecked = 1024;

  PostgresConnection(std::unique_ptr<PostgresLink> link,
                     const PostgresOptions& options)
      : link_(std::move(link)), options_(options) {}

  // As one command where the server does not pipeline.
  void AppendTexts(const std::vector<std::string>& statements,
                   Commands& commands) const;
  // What runs `sql`; where that prepares it, preparing_ says so.
  void AppendStatement(std::string_view sql, const PostgresParams& params,
                       bool is_ddl, Commands& commands);
  // PostgreSQL stores BYTES in a TEXT column as hexadecimal digits, by a cast
  // that nobody asked for: kStatement instead. Asks the server once for each
  // statement, behind a savepoint. Appends what is left to send to `commands`,
  // which hold the start of the transaction or nothing.
  absl::Status CheckBytes(std::string_view sql, const PostgresParams& params,
                          Commands& commands);
  const std::string* FindPrepared(const std::string& key);
  void Remember(Prepared prepared);
  absl::Status Judge(const PGresult* error, PostgresAccess access,
                     PostgresStatementKind kind);

  std::unique_ptr<PostgresLink> link_;
  const PostgresOptions& options_;
  std::list<Prepared> prepared_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_key_;
  std::vector<std::string> to_deallocate_;
  std::unordered_set<std::string> checked_;  // keys, by CheckBytes
  // What the present Run prepares, until it is known that it did.
  Prepared preparing_;
  int64_t last_name_ = 0;
};

// The outcome of a COMMIT, from its answer and whether a warning came with it.
absl::Status PostgresCommitOutcome(const PGresult* answer, bool warned);

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_CONNECTION_H_

#include "storage/sql/postgres_connection.h"

#include <libpq-fe.h>

#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/status_macros.h"
#include "storage/sql/database.h"
#include "storage/sql/postgres_statement.h"
#include "storage/sql/sql_error.h"

namespace shiming::sql {
namespace {

using How = PostgresCommand::How;
using Clock = PostgresLink::Clock;

Clock::time_point After(absl::Duration time) {
  return Clock::now() + absl::ToChronoMicroseconds(time);
}

absl::Status CheckParameters(std::string_view sql, const Params& params) {
  const std::optional<size_t> count = CountParameters(sql);
  if (!count.has_value()) {
    return MakeSqlError(
        SqlError::kStatement,
        absl::StrCat("parameters are not $1..$n: ", std::string(sql)));
  }
  if (*count != params.size()) {
    return MakeSqlError(SqlError::kStatement,
                        absl::StrCat(params.size(), " parameters, not ", *count,
                                     ": ", std::string(sql)));
  }
  return CheckParams(params);
}

absl::StatusOr<PostgresConnection::Answer> ReadAnswer(const PGresult* result) {
  PostgresConnection::Answer answer;
  if (PQresultStatus(result) == PGRES_TUPLES_OK) {
    ASSIGN_OR_RETURN(answer.rows, ReadPostgresRows(result));
  }
  // Empty for what changes no rows, such as DDL.
  const char* affected = PQcmdTuples(const_cast<PGresult*>(result));
  if (!absl::SimpleAtoi(affected, &answer.affected)) answer.affected = 0;
  return answer;
}

// What a statement is known by: its text can be the same for other types.
std::string KeyOf(std::string_view sql, const PostgresParams& params) {
  return absl::StrCat(params.signature(), ":", std::string(sql));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresOptions::Keywords& host, const PostgresOptions& options,
    PostgresMetrics& metrics) {
  ASSIGN_OR_RETURN(std::unique_ptr<PostgresLink> link,
                   PostgresLink::Connect(host, options, metrics));
  return std::unique_ptr<PostgresConnection>(
      new PostgresConnection(std::move(link), options));
}

absl::StatusOr<PostgresConnection::Answer> PostgresConnection::Run(
    std::string_view sql, const Params& params, PostgresAccess access,
    bool begin) {
  RETURN_IF_ERROR(CheckParameters(sql, params));
  const bool is_ddl = IsDdl(sql);
  const PostgresParams bound(params);
  Commands commands;
  if (begin) AppendTexts(BeginStatements(options_, access), commands);
  if (bound.has_bytes() && StoresParameters(sql)) {
    RETURN_IF_ERROR(CheckBytes(sql, bound, commands));
  }
  AppendStatement(sql, bound, is_ddl, commands);
  absl::StatusOr<std::vector<PostgresResult>> results = link_->Exchange(
      commands, After(is_ddl ? options_.ddl_deadline : options_.deadline),
      /*may_cancel=*/true);
  RETURN_IF_ERROR(results.status());
  const PGresult* last = results->back().get();
  const bool complete =
      results->size() == commands.size() && !IsPostgresError(last);
  // A statement stays prepared even where its use failed.
  if (!preparing_.name.empty() && results->size() == commands.size()) {
    Remember(std::move(preparing_));
  }
  preparing_ = {};
  if (complete) return ReadAnswer(last);
  return Judge(
      last, access,
      is_ddl ? PostgresStatementKind::kDdl : PostgresStatementKind::kPlain);
}

void PostgresConnection::AppendTexts(const std::vector<std::string>& statements,
                                     Commands& commands) const {
  if (statements.empty()) return;
  if (!link_->pipelines()) {
    commands.push_back(
        {.how = How::kText, .sql = absl::StrJoin(statements, "; ")});
    return;
  }
  for (const std::string& text : statements) {
    commands.push_back({.how = How::kText, .sql = text});
  }
}

void PostgresConnection::AppendStatement(std::string_view sql,
                                         const PostgresParams& params,
                                         bool is_ddl, Commands& commands) {
  AppendTexts(to_deallocate_, commands);
  to_deallocate_.clear();
  // A table may take long to change, and its statement is used once.
  if (is_ddl) AppendTexts({"SET LOCAL statement_timeout = 0"}, commands);
  if (is_ddl || !options_.prepared) {
    commands.push_back(
        {.how = How::kParams, .sql = std::string(sql), .params = &params});
    return;
  }
  std::string key = KeyOf(sql, params);
  const std::string* name = FindPrepared(key);
  if (name == nullptr) {
    preparing_ = {.key = std::move(key),
                  .name = absl::StrCat("shiming_", ++last_name_)};
    name = &preparing_.name;
    commands.push_back({.how = How::kPrepare,
                        .name = *name,
                        .sql = std::string(sql),
                        .params = &params});
  }
  commands.push_back({.how = How::kPrepared, .name = *name, .params = &params});
}

absl::Status PostgresConnection::CheckBytes(std::string_view sql,
                                            const PostgresParams& params,
                                            Commands& commands) {
  std::string key = KeyOf(sql, params);
  if (checked_.count(key) != 0) return absl::OkStatus();
  AppendTexts({"SAVEPOINT shiming_check"}, commands);
  commands.push_back(
      {.how = How::kInfer, .sql = std::string(sql), .params = &params});
  commands.push_back({.how = How::kDescribe});
  absl::StatusOr<std::vector<PostgresResult>> results =
      link_->Exchange(commands, After(options_.deadline), /*may_cancel=*/true);
  RETURN_IF_ERROR(results.status());
  // Where the server cannot tell, the statement itself will.
  if (results->size() == commands.size() &&
      TakesBytesForText(results->back().get(), params)) {
    return MakeSqlError(
        SqlError::kStatement,
        absl::StrCat("BYTES for a TEXT column in: ", std::string(sql)));
  }
  const bool begun = results->size() + 1 >= commands.size();
  if (!begun) {
    return Judge(results->back().get(), PostgresAccess::kWrite,
                 PostgresStatementKind::kPlain);
  }
  if (checked_.size() >= kMaxChecked) checked_.clear();
  checked_.insert(std::move(key));
  commands.clear();
  AppendTexts({"ROLLBACK TO SAVEPOINT shiming_check",
               "RELEASE SAVEPOINT shiming_check"},
              commands);
  return absl::OkStatus();
}

const std::string* PostgresConnection::FindPrepared(const std::string& key) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  prepared_.splice(prepared_.begin(), prepared_, found->second);
  return &found->second->name;
}

void PostgresConnection::Remember(Prepared prepared) {
  if (prepared_.size() >= kMaxStatements) {
    to_deallocate_.push_back(
        absl::StrCat("DEALLOCATE ", prepared_.back().name));
    by_key_.erase(prepared_.back().key);
    prepared_.pop_back();
  }
  prepared_.push_front(std::move(prepared));
  by_key_[prepared_.front().key] = prepared_.begin();
}

absl::Status PostgresConnection::Judge(const PGresult* error,
                                       PostgresAccess access,
                                       PostgresStatementKind kind) {
  // Another session will do: this one is given up, and the transaction runs
  // again.
  const char* sqlstate = PQresultErrorField(error, PG_DIAG_SQLSTATE);
  const bool cannot_write = access == PostgresAccess::kWrite &&
                            sqlstate != nullptr &&
                            std::strcmp(sqlstate, "25006") == 0;
  if (cannot_write || IsStalePrepared(error)) {
    link_->Drop();
    return MakeSqlError(SqlError::kUnavailable,
                        std::string(PostgresErrorOf(error, kind).message()));
  }
  return PostgresErrorOf(error, kind);
}

absl::Status PostgresConnection::Commit() {
  const int warnings = link_->warning_count();
  Commands commands;
  AppendTexts({"COMMIT"}, commands);
  absl::StatusOr<std::vector<PostgresResult>> results =
      link_->Exchange(commands, After(options_.deadline), /*may_cancel=*/false);
  if (!results.ok()) {
    return MakeSqlError(
        SqlError::kUnknown,
        absl::StrCat("COMMIT: ", std::string(results.status().message())));
  }
  absl::Status status = PostgresCommitOutcome(
      results->back().get(), link_->warning_count() != warnings);
  if (SqlErrorOf(status) == SqlError::kUnknown || !link_->IsIdle()) {
    link_->Drop();
  }
  return status;
}

void PostgresConnection::Rollback() {
  Commands commands;
  AppendTexts({"ROLLBACK"}, commands);
  absl::StatusOr<std::vector<PostgresResult>> results =
      link_->Exchange(commands, After(options_.deadline), /*may_cancel=*/true);
  if (!results.ok() || !link_->IsIdle()) link_->Drop();
}

absl::Status PostgresCommitOutcome(const PGresult* answer, bool warned) {
  if (IsPostgresError(answer)) {
    absl::Status error = PostgresErrorOf(answer, PostgresStatementKind::kPlain);
    if (IsRetryable(error)) return error;
    return MakeSqlError(SqlError::kUnknown,
                        absl::StrCat("COMMIT: ", std::string(error.message())));
  }
  const char* tag = PQcmdStatus(const_cast<PGresult*>(answer));
  if (std::strcmp(tag, "COMMIT") != 0) {
    return MakeSqlError(SqlError::kUnknown,
                        absl::StrCat("COMMIT was answered by ", tag));
  }
  if (warned) {
    return MakeSqlError(SqlError::kUnknown,
                        "COMMIT was answered with a warning");
  }
  return absl::OkStatus();
}

}  // namespace shiming::sql

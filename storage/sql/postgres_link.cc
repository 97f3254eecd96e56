#include "storage/sql/postgres_link.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "storage/sql/postgres_cancel.h"
#include "storage/sql/postgres_error.h"
#include "storage/sql/postgres_session.h"
#include "storage/sql/sql_error.h"

// libpq has these since 14. Weak, since operators of some engines put an older
// libpq of theirs on the library path: then there is no pipeline.
#pragma weak PQenterPipelineMode
#pragma weak PQpipelineSync

namespace shiming::sql {
namespace {

using Clock = PostgresLink::Clock;

constexpr int kBinary = 1;
// The first PostgreSQL whose servers and libpq pipeline for certain.
constexpr int kPipelineVersion = 14;

// Waits for `events`, 0 when `end` passes, -1 on error.
int PollUntil(int socket, short events, Clock::time_point end) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return 0;
    pollfd one = {.fd = socket, .events = events, .revents = 0};
    const int ready = poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return one.revents;
    if (ready < 0 && errno != EINTR) return -1;
  }
}

std::string ErrorText(PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  std::replace(text.begin(), text.end(), '\n', ' ');
  absl::StripAsciiWhitespace(&text);
  return text;
}

}  // namespace

void FreePostgresResult::operator()(PGresult* result) const { PQclear(result); }

bool IsPostgresError(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

absl::StatusOr<std::unique_ptr<PostgresLink>> PostgresLink::Connect(
    const PostgresOptions::Keywords& host, const PostgresOptions& options,
    PostgresMetrics& metrics) {
  const PostgresOptions::Keywords keywords = WithSessionOptions(host, options);
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* connection = PQconnectStartParams(names.data(), values.data(), 0);
  if (connection == nullptr) {
    return MakeSqlError(SqlError::kUnavailable, "out of memory");
  }
  auto link =
      std::unique_ptr<PostgresLink>(new PostgresLink(connection, metrics));
  RETURN_IF_ERROR(link->FinishConnecting(
      Clock::now() + absl::ToChronoMicroseconds(options.connect_deadline)));
  link->pipeline_ = PQenterPipelineMode != nullptr &&
                    PQpipelineSync != nullptr &&
                    (options.pipeline == PostgresPipeline::kOn ||
                     (options.pipeline == PostgresPipeline::kAuto &&
                      link->ServerPipelines())) &&
                    PQenterPipelineMode(connection) == 1;
  return link;
}

absl::Status PostgresLink::FinishConnecting(Clock::time_point end) {
  if (PQstatus(connection_) == CONNECTION_BAD) {
    return MakeSqlError(SqlError::kUnavailable, ErrorText(connection_));
  }
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    if (wanted == PGRES_POLLING_FAILED) {
      return MakeSqlError(SqlError::kUnavailable, ErrorText(connection_));
    }
    const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (PollUntil(PQsocket(connection_), events, end) <= 0) {
      return MakeSqlError(SqlError::kUnavailable,
                          "PostgreSQL: no connection within the deadline");
    }
    wanted = PQconnectPoll(connection_);
  }
  if (PQsetnonblocking(connection_, 1) != 0) {
    return MakeSqlError(SqlError::kUnavailable, ErrorText(connection_));
  }
  PQsetNoticeReceiver(connection_, &PostgresLink::OnNotice, this);
  is_connected_ = true;
  metrics_.Connected();
  return absl::OkStatus();
}

PostgresLink::~PostgresLink() {
  PQfinish(connection_);
  if (is_connected_) metrics_.Disconnected();
}

bool PostgresLink::ServerPipelines() const {
  // Other engines on this wire name themselves in the version ("11.2-YB-...")
  // or beside it.
  if (!ServerSetting("crdb_version").empty()) return false;
  const std::string version = ServerSetting("server_version");
  const std::string plain = version.substr(0, version.find(' '));
  const bool is_plain = std::all_of(plain.begin(), plain.end(), [](char c) {
    return c == '.' || (c >= '0' && c <= '9');
  });
  int major = 0;
  return is_plain &&
         absl::SimpleAtoi(plain.substr(0, plain.find('.')), &major) &&
         major >= kPipelineVersion;
}

void PostgresLink::OnNotice(void* link, const PGresult* notice) {
  if (PostgresSeverity(notice) != "WARNING") return;
  ++static_cast<PostgresLink*>(link)->warning_count_;
  const char* sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  Log(Severity::kWarning, "the database warns",
      {{"sqlstate", sqlstate == nullptr ? "" : sqlstate}});
}

bool PostgresLink::IsIdle() const {
  return state_ == State::kUsable &&
         PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

std::string PostgresLink::ServerSetting(const char* name) const {
  const char* value = PQparameterStatus(connection_, name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::vector<PostgresResult>> PostgresLink::Exchange(
    const std::vector<PostgresCommand>& commands, Clock::time_point end,
    bool may_cancel) {
  if (state_ != State::kUsable) return Lost("connection lost before");
  may_cancel_ = may_cancel;
  std::vector<PostgresResult> results;
  bool failed = false;
  if (pipeline_) {
    for (const PostgresCommand& command : commands) {
      if (!Send(command)) return Lost("cannot send");
    }
    if (PQpipelineSync(connection_) != 1) return Lost("cannot send");
  }
  for (const PostgresCommand& command : commands) {
    if (!pipeline_ && failed) break;
    if (!pipeline_ && !Send(command)) return Lost("cannot send");
    ASSIGN_OR_RETURN(PostgresResult answer, ReadAnswer(end));
    // After an error the server skips the rest of a pipeline.
    if (failed) continue;
    failed = IsPostgresError(answer.get());
    results.push_back(std::move(answer));
    if (failed && EndsSession(results.back().get())) {
      state_ = State::kLost;
      return results;
    }
  }
  if (pipeline_) {
    ASSIGN_OR_RETURN(PostgresResult sync, NextResult(end));
    if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) {
      return Lost("answers out of step");
    }
  }
  return results;
}

bool PostgresLink::Send(const PostgresCommand& command) {
  const PostgresParams* params = command.params;
  switch (command.how) {
    case PostgresCommand::How::kText:
      // A pipeline takes single statements only.
      if (!pipeline_) {
        return PQsendQuery(connection_, command.sql.c_str()) == 1;
      }
      return PQsendQueryParams(connection_, command.sql.c_str(), 0, nullptr,
                               nullptr, nullptr, nullptr, kBinary) == 1;
    case PostgresCommand::How::kPrepare:
      return PQsendPrepare(connection_, command.name.c_str(),
                           command.sql.c_str(), params->count(),
                           params->types()) == 1;
    case PostgresCommand::How::kInfer:
      return PQsendPrepare(connection_, command.name.c_str(),
                           command.sql.c_str(), params->count(),
                           params->types_but_bytes()) == 1;
    case PostgresCommand::How::kDescribe:
      return PQsendDescribePrepared(connection_, command.name.c_str()) == 1;
    case PostgresCommand::How::kPrepared:
      return PQsendQueryPrepared(connection_, command.name.c_str(),
                                 params->count(), params->values(),
                                 params->lengths(), params->formats(),
                                 kBinary) == 1;
    case PostgresCommand::How::kParams:
      return PQsendQueryParams(connection_, command.sql.c_str(),
                               params->count(), params->types(),
                               params->values(), params->lengths(),
                               params->formats(), kBinary) == 1;
  }
  return false;
}

absl::StatusOr<PostgresResult> PostgresLink::ReadAnswer(Clock::time_point end) {
  PostgresResult answer;
  for (;;) {
    ASSIGN_OR_RETURN(PostgresResult next, NextResult(end));
    if (next == nullptr) {
      if (answer == nullptr) return Lost("answers out of step");
      return answer;
    }
    const ExecStatusType status = PQresultStatus(next.get());
    if (status == PGRES_PIPELINE_SYNC || status == PGRES_COPY_IN ||
        status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
      return Lost("answers out of step");
    }
    if (answer == nullptr || !IsPostgresError(answer.get())) {
      answer = std::move(next);
    }
    // Nothing comes after it.
    if (IsPostgresError(answer.get()) && status == PGRES_FATAL_ERROR &&
        EndsSession(answer.get())) {
      return answer;
    }
  }
}

absl::StatusOr<PostgresResult> PostgresLink::NextResult(Clock::time_point end) {
  while (PQisBusy(connection_) == 1) {
    RETURN_IF_ERROR(WaitForInput(end));
  }
  return PostgresResult(PQgetResult(connection_));
}

absl::Status PostgresLink::WaitForInput(Clock::time_point end) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return Lost("cannot send");
    const short events =
        static_cast<short>(unsent == 1 ? POLLIN | POLLOUT : POLLIN);
    const int ready = PollUntil(PQsocket(connection_), events, end);
    if (ready == 0) return TimedOut();
    if (ready < 0) return Lost("poll failed");
    if ((ready & ~POLLOUT) == 0) continue;  // only room to send more
    if (PQconsumeInput(connection_) == 0) return Lost("connection lost");
    return absl::OkStatus();
  }
}

absl::Status PostgresLink::Lost(std::string_view what) {
  if (state_ == State::kUsable) state_ = State::kLost;
  return MakeSqlError(SqlError::kUnavailable,
                      absl::StrCat("PostgreSQL: ", std::string(what)));
}

absl::Status PostgresLink::TimedOut() {
  state_ = State::kTimedOut;
  metrics_.TimedOut();
  if (may_cancel_) CancelStatement(connection_);
  return MakeSqlError(SqlError::kUnavailable,
                      "PostgreSQL: no answer within the deadline");
}

}  // namespace shiming::sql

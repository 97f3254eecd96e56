// The wire to one PostgreSQL session: connects, sends messages, waits for
// answers until a deadline. The only place, with its .cc, that moves bytes by
// libpq.
#ifndef SHIMING_STORAGE_SQL_POSTGRES_LINK_H_
#define SHIMING_STORAGE_SQL_POSTGRES_LINK_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/postgres_metrics.h"
#include "storage/sql/postgres_options.h"
#include "storage/sql/postgres_values.h"

typedef struct pg_conn PGconn;

namespace shiming::sql {

struct FreePostgresResult {
  void operator()(PGresult* result) const;
};
using PostgresResult = std::unique_ptr<PGresult, FreePostgresResult>;

// True for a result that is an error.
bool IsPostgresError(const PGresult* result);

// One message to the server.
struct PostgresCommand {
  enum class How {
    kText,      // `sql` as it stands, without parameters
    kPrepare,   // `sql` under `name`
    kInfer,     // `sql` under `name`, the types of its BYTES left open
    kDescribe,  // the types of what was prepared under `name`
    kPrepared,  // what was prepared under `name`
    kParams,    // `sql` with parameters, not prepared
  };
  How how;
  std::string name;
  std::string sql;
  // Not owned; null for kText.
  const PostgresParams* params = nullptr;
};

// Used by one thread at a time, which waits in poll() for no longer than the
// deadline of each call. libpq itself never blocks here, but for the look-up
// of a host's name.
class PostgresLink {
 public:
  using Clock = std::chrono::steady_clock;

  // kLost: the connection broke or the server ended it. kTimedOut: an answer
  // was too late. Both are for good.
  enum class State { kUsable, kLost, kTimedOut };

  // Connects to one host within options.connect_deadline; where
  // options.prepared, the session gets its settings here. kUnavailable on
  // failure, with libpq's reason. `metrics` must outlive the link.
  static absl::StatusOr<std::unique_ptr<PostgresLink>> Connect(
      const PostgresOptions::Keywords& host, const PostgresOptions& options,
      PostgresMetrics& metrics);

  ~PostgresLink();
  PostgresLink(const PostgresLink&) = delete;
  PostgresLink& operator=(const PostgresLink&) = delete;

  State state() const { return state_; }

  // Sends all commands and reads the answers, one for each, up to and with the
  // first error: in one round trip where the server pipelines, else one after
  // the other. kUnavailable where the link is lost or `end` passes; then it is
  // closed, and what runs is cancelled if `may_cancel`.
  absl::StatusOr<std::vector<PostgresResult>> Exchange(
      const std::vector<PostgresCommand>& commands, Clock::time_point end,
      bool may_cancel);

  // True where many commands share a round trip.
  bool pipelines() const { return pipeline_; }

  // Messages of severity WARNING so far, in answers and beside them.
  int warning_count() const { return warning_count_; }

  // True when no transaction is open and the session answers.
  bool IsIdle() const;

  // Gives the session up, e.g. since it cannot write.
  void Drop() { state_ = State::kLost; }

  // A setting that the server reports, such as "server_encoding"; empty when
  // it does not.
  std::string ServerSetting(const char* name) const;

 private:
  PostgresLink(PGconn* connection, PostgresMetrics& metrics)
      : connection_(connection), metrics_(metrics) {}

  absl::Status FinishConnecting(Clock::time_point end);
  bool ServerPipelines() const;
  static void OnNotice(void* link, const PGresult* notice);

  bool Send(const PostgresCommand& command);
  // The answer to the next command: its first error, else its last result.
  absl::StatusOr<PostgresResult> ReadAnswer(Clock::time_point end);
  absl::StatusOr<PostgresResult> NextResult(Clock::time_point end);
  absl::Status WaitForInput(Clock::time_point end);
  absl::Status Lost(std::string_view what);
  absl::Status TimedOut();

  PGconn* connection_;
  PostgresMetrics& metrics_;
  State state_ = State::kUsable;
  bool is_connected_ = false;
  bool pipeline_ = false;
  bool may_cancel_ = false;
  int warning_count_ = 0;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_POSTGRES_LINK_H_

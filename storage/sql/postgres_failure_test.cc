// Servers that are killed, frozen, restarted, or wait for a standby that is
// not there: nothing acknowledged is lost, what nobody knows is "unknown", and
// its repeat settles it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/status/status_macros.h"
#include "storage/sql/open_database.h"
#include "storage/sql/sql_error.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/run.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::PostgresServer;

constexpr char kPatient[] = "patience_ms=30000&queue_ms=60000";

// As services do it: the request's id and its effect in one transaction.
WriteFn Request(int64_t request_id) {
  return [request_id](Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(int64_t inserted,
                     tx.InsertIgnore("INSERT INTO requests (id) VALUES ($1)",
                                     {Value::Int(request_id)}));
    if (inserted == 0) return absl::OkStatus();  // done before
    return tx.ExecuteOne("UPDATE counters SET n = n + 1 WHERE id = $1",
                         {Value::Int(request_id % 8)});
  };
}

class PostgresFailureTest : public ::testing::Test {
 protected:
  void Open(const std::string& parameters) {
    auto opened = OpenDatabase(server_.Url(parameters),
                               {.create = true, .metrics = &metrics_});
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    for (const char* ddl :
         {"CREATE TABLE requests (id INT64 NOT NULL, PRIMARY KEY (id))",
          "CREATE TABLE counters (id INT64 NOT NULL, n INT64 NOT NULL, "
          "PRIMARY KEY (id))"}) {
      ASSERT_TRUE(database_
                      ->WriteBlocking([&](Transaction& tx) {
                        return tx.Execute(tx.dialect().Ddl(ddl), {}).status();
                      })
                      .ok());
    }
    for (int i = 0; i < 8; ++i) {
      ASSERT_TRUE(database_
                      ->WriteBlocking([&](Transaction& tx) {
                        return tx.ExecuteOne(
                            "INSERT INTO counters (id, n) VALUES ($1, 0)",
                            {Value::Int(i)});
                      })
                      .ok());
    }
  }

  std::future<absl::Status> Start(WriteFn fn) {
    auto answered = std::make_shared<std::promise<absl::Status>>();
    database_->StartWrite(std::move(fn), [answered](absl::Status status) {
      answered->set_value(std::move(status));
    });
    return answered->get_future();
  }

  std::string Counted() {
    return server_.Ask("SELECT CAST(SUM(n) AS BIGINT) FROM counters");
  }

  // From now on a COMMIT waits for a standby that does not exist.
  void TakeStandbyAway() {
    server_.Ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    server_.Ask("SELECT pg_reload_conf()");
    while (server_.Ask("SHOW synchronous_standby_names") != "nobody") {
    }
  }

  // Until a COMMIT waits so; its backend.
  std::string BackendThatWaits() {
    std::string backend;
    while (backend.empty()) {
      backend = server_.Ask(
          "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    }
    return backend;
  }

  int64_t Metric(const std::string& name) {
    return static_cast<int64_t>(
        metrics_.counter(name, "", {{"database", "main"}}).Value());
  }

  PostgresServer server_;
  Metrics metrics_;
  std::unique_ptr<Database> database_;
};

TEST_F(PostgresFailureTest, AServerKilledDuringCommitMakesItUnknown) {
  Open(kPatient);
  TakeStandbyAway();
  std::future<absl::Status> outcome = Start(Request(1));
  BackendThatWaits();
  // For the next start only; the running server does not look.
  server_.Ask("ALTER SYSTEM RESET synchronous_standby_names");
  server_.Kill();
  absl::Status status = outcome.get();
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnknown) << status;
  EXPECT_TRUE(HasReason(status, Reason::DATABASE_UNAVAILABLE));
  server_.Start();
  EXPECT_TRUE(database_->WriteBlocking(Request(1)).ok());
  EXPECT_EQ(Counted(), "1");
}

// libpq reports success: the row is on this server only.
TEST_F(PostgresFailureTest, ACancelledWaitForTheStandbyIsUnknown) {
  Open(kPatient);
  TakeStandbyAway();
  std::future<absl::Status> outcome = Start(Request(1));
  const std::string backend = BackendThatWaits();
  server_.Ask("SELECT pg_cancel_backend(" + backend + ")");
  absl::Status status = outcome.get();
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnknown) << status;
  EXPECT_EQ(Counted(), "1");
  EXPECT_EQ(Metric("shiming_sql_unknown_commits_total"), 1);
}

// Goal: neither the server's statement timeout nor our deadline ends the wait
// for a standby: that would show what may yet be lost.
TEST_F(PostgresFailureTest, ACommitPastItsDeadlineIsUnknownAndNotCancelled) {
  Open("statement_timeout_ms=100&deadline_ms=400");
  TakeStandbyAway();
  absl::Status status = database_->WriteBlocking(Request(1));
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnknown) << status;
  EXPECT_EQ(Metric("shiming_sql_deadlines_total"), 1);
  BackendThatWaits();
  EXPECT_EQ(Counted(), "0");
  server_.Ask("ALTER SYSTEM RESET synchronous_standby_names");
  server_.Ask("SELECT pg_reload_conf()");
  absl::Status repeated = database_->WriteBlocking(Request(1));
  while (!repeated.ok()) repeated = database_->WriteBlocking(Request(1));
  EXPECT_EQ(Counted(), "1");
}

TEST_F(PostgresFailureTest, AFrozenServerIsWaitedForUntilTheDeadlineOnly) {
  Open(
      "statement_timeout_ms=300&deadline_ms=600&connect_ms=300&"
      "patience_ms=300");
  server_.Freeze();
  const auto start = std::chrono::steady_clock::now();
  absl::Status status = database_->WriteBlocking(Request(1));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnavailable) << status;
  server_.Thaw();
  while (!database_->WriteBlocking(Request(2)).ok()) {
  }
  EXPECT_EQ(Counted(), "1");
}

TEST_F(PostgresFailureTest, AServerFrozenDuringCommitMakesItUnknown) {
  Open("statement_timeout_ms=300&deadline_ms=600");
  absl::Status status = database_->WriteBlocking([&](Transaction& tx) {
    absl::Status done = Request(1)(tx);
    server_.Freeze();
    return done;
  });
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnknown) << status;
  server_.Thaw();
  while (!database_->WriteBlocking(Request(1)).ok()) {
  }
  EXPECT_EQ(Counted(), "1");
}

TEST_F(PostgresFailureTest, ConnectionsComeBackAfterARestart) {
  Open(kPatient);
  ASSERT_TRUE(database_->WriteBlocking(Request(1)).ok());
  server_.Kill();
  std::future<absl::Status> meanwhile = Start(Request(2));
  server_.Start();
  EXPECT_TRUE(meanwhile.get().ok());
  EXPECT_TRUE(database_->WriteBlocking(Request(3)).ok());
  EXPECT_EQ(Counted(), "3");
}

// A connection that dies between two statements was not committing: the
// transaction runs again, and nobody sees it.
TEST_F(PostgresFailureTest, AConnectionLostBeforeCommitRunsAgain) {
  Open(kPatient);
  int runs = 0;
  absl::Status status =
      database_->WriteBlocking([&](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(Request(1)(tx));
        if (++runs == 1) {
          server_.Ask(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
              "WHERE state = 'idle in transaction'");
        }
        return tx.ExecuteOne("UPDATE counters SET n = n + 10 WHERE id = 0", {});
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Metric("shiming_sql_reruns_total"), 1);
  EXPECT_EQ(Counted(), "11");
}

// The server ends the session of a client that was frozen: not our mistake.
TEST_F(PostgresFailureTest, ATransactionThatWasIdleTooLongRunsAgain) {
  Open("idle_timeout_ms=50");
  int runs = 0;
  absl::Status status =
      database_->WriteBlocking([&](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(Request(1)(tx));
        if (++runs == 1) {  // until the session is gone
          while (server_.Ask("SELECT COUNT(*) FROM pg_stat_activity WHERE "
                             "state = 'idle in transaction'") != "0") {
          }
        }
        return tx.ExecuteOne("UPDATE counters SET n = n + 10 WHERE id = 0", {});
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Counted(), "11");
}

TEST_F(PostgresFailureTest, AServerThatStaysAwayIsUnavailable) {
  Open("patience_ms=200");
  server_.Kill();
  for (int i = 0; i < 3; ++i) {
    absl::Status status = database_->WriteBlocking(Request(1));
    EXPECT_EQ(SqlErrorOf(status), SqlError::kUnavailable) << status;
  }
  EXPECT_GT(Metric("shiming_sql_connect_failures_total"), 0);
  server_.Start();
  while (!database_->WriteBlocking(Request(1)).ok()) {
  }
  EXPECT_EQ(Counted(), "1");
}

TEST_F(PostgresFailureTest, TheNextHostIsTried) {
  const std::string url = server_.Url("");
  const size_t folder = url.find("host=") + 5;
  const std::string two =
      url.substr(0, folder) + "/nowhere," + url.substr(folder);
  auto database = OpenDatabase(two, {.create = true});
  EXPECT_TRUE(database.ok()) << database.status();
}

// Goal: kill -9 under load loses nothing acknowledged and doubles nothing.
// Method: many clients, each repeats a request until it is acknowledged; the
// server is killed and restarted among them.
TEST_F(PostgresFailureTest, UnderLoadEveryRequestIsDoneOnceWhateverTheKills) {
  Open(kPatient);
  constexpr int kClients = 16;
  constexpr int kRequests = 60;
  constexpr int kKills = 2;
  std::atomic<int> done{0};
  std::atomic<int> unknown{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < kRequests; ++i) {
        const int64_t id = client * kRequests + i;
        absl::Status status = database_->WriteBlocking(Request(id));
        while (!status.ok()) {
          if (SqlErrorOf(status) == SqlError::kUnknown) ++unknown;
          status = database_->WriteBlocking(Request(id));
        }
        ++done;
        done.notify_all();
      }
    });
  }
  for (int i = 1; i <= kKills; ++i) {
    const int at = kClients * kRequests * i / (kKills + 1);
    for (int now = done; now < at; now = done) done.wait(now);
    server_.Kill();
    server_.Start();
  }
  for (std::thread& client : clients) client.join();
  RecordProperty("unknown", unknown);
  EXPECT_EQ(Counted(), std::to_string(kClients * kRequests));
  EXPECT_EQ(server_.Ask("SELECT COUNT(*) FROM requests"),
            std::to_string(kClients * kRequests));
}

}  // namespace
}  // namespace shiming::sql

// What only the PostgreSQL driver promises, on a server that is well: limits,
// timeouts, settings. See postgres_failure_test.cc for the others.
#include "storage/sql/postgres_database.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/status/status_macros.h"
#include "storage/sql/migration.h"
#include "storage/sql/open_database.h"
#include "storage/sql/postgres_dialect.h"
#include "storage/sql/sql_error.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/postgres_under_test.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::PostgresServer;
using ::shiming::sql::testing::PostgresUnderTest;

class PostgresDatabaseTest : public ::testing::Test {
 protected:
  // A database with table t (id, n) that holds (1, 0).
  void Open(const std::string& parameters) {
    database_.reset();
    under_test_ = std::make_unique<PostgresUnderTest>(PostgresServer::Shared(),
                                                      parameters);
    auto opened = under_test_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    ASSERT_TRUE(
        Execute(PostgresDialect().Ddl("CREATE TABLE t (id INT64 NOT NULL, "
                                      "n INT64 NOT NULL, PRIMARY KEY (id))"))
            .ok());
    ASSERT_TRUE(Execute("INSERT INTO t (id, n) VALUES (1, 0)").ok());
  }

  absl::Status Execute(const std::string& sql, Params params = {}) {
    return database_->WriteBlocking(
        [&](Transaction& tx) { return tx.Execute(sql, params).status(); });
  }

  int64_t SelectInt(const std::string& sql) {
    int64_t value = -1;
    absl::Status status =
        database_->ReadBlocking([&](Snapshot& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(Rows rows, snapshot.Query(sql, {}));
          value = rows.at(0).Int(0);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
    return value;
  }

  std::future<absl::Status> StartWrite(WriteFn fn) {
    auto answered = std::make_shared<std::promise<absl::Status>>();
    database_->StartWrite(std::move(fn), [answered](absl::Status status) {
      answered->set_value(std::move(status));
    });
    return answered->get_future();
  }

  std::unique_ptr<PostgresUnderTest> under_test_;
  std::unique_ptr<Database> database_;
};

// A schema without tables is what is left of a lost database: as good as none.
TEST_F(PostgresDatabaseTest, RefusesASchemaWithoutTablesUnlessToldToMakeIt) {
  PostgresServer& server = PostgresServer::Shared();
  const std::string url = server.Url("schema=nobody_made");
  EXPECT_EQ(OpenDatabase(url, {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(server.Ask("SELECT COUNT(*) FROM pg_namespace "
                       "WHERE nspname = 'nobody_made'"),
            "0");
  EXPECT_TRUE(OpenDatabase(url, {.create = true}).ok());
  EXPECT_EQ(OpenDatabase(url, {}).status().code(), absl::StatusCode::kNotFound);
  server.Ask("CREATE TABLE nobody_made.t (a BIGINT)");
  EXPECT_TRUE(OpenDatabase(url, {}).ok());
}

// The same where the URL names no schema: the role's own.
TEST_F(PostgresDatabaseTest, RefusesADatabaseWithoutTables) {
  PostgresServer& server = PostgresServer::Shared();
  server.Ask("CREATE DATABASE fresh");
  const std::string url = server.Url("", "fresh");
  EXPECT_EQ(OpenDatabase(url, {}).status().code(), absl::StatusCode::kNotFound);
  auto made = OpenDatabase(url, {.create = true});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE((*made)
                  ->WriteBlocking([](Transaction& tx) {
                    return tx.Execute("CREATE TABLE t (a BIGINT)", {}).status();
                  })
                  .ok());
  EXPECT_TRUE(OpenDatabase(url, {}).ok());
}

// Goal: a role that may use its schema but make none can serve. Method: a role
// without CREATE on the database, in a schema made for it.
TEST_F(PostgresDatabaseTest, ASchemaThatIsThereNeedsNoRightToMakeOne) {
  PostgresServer& server = PostgresServer::Shared();
  server.Ask("CREATE ROLE limited LOGIN");
  server.Ask("CREATE SCHEMA made_for_it AUTHORIZATION limited");
  std::string url = server.Url("schema=made_for_it");
  url.replace(0, url.find('@'), "postgres://limited");
  EXPECT_TRUE(OpenDatabase(url, {.create = true}).ok());
  std::string other = url;
  other.replace(other.find("made_for_it"), 11, "not_for_it");
  EXPECT_FALSE(OpenDatabase(other, {.create = true}).ok());
}

TEST_F(PostgresDatabaseTest, RefusesADatabaseThatOrdersTextOtherwise) {
  PostgresServer& server = PostgresServer::Shared();
  server.Ask(
      "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' "
      "LC_COLLATE 'C' LC_CTYPE 'C'");
  EXPECT_EQ(OpenDatabase(server.Url("", "latin"), {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  server.Ask(
      "CREATE DATABASE words TEMPLATE template0 LOCALE_PROVIDER icu "
      "ICU_LOCALE 'en-US' ENCODING 'UTF8' LOCALE 'C'");
  EXPECT_EQ(OpenDatabase(server.Url("", "words"), {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(PostgresDatabaseTest, IsolationIsAsConfigured) {
  const std::pair<const char*, const char*> levels[] = {
      {"isolation=rc", "read committed"},
      {"", "repeatable read"},
      {"isolation=ser", "serializable"},
      {"isolation=ser&prepared=off&pipeline=off", "serializable"}};
  for (const auto& [parameters, level] : levels) {
    Open(parameters);
    absl::Status status =
        database_->WriteBlocking([level = level](Transaction& tx) {
          ASSIGN_OR_RETURN(
              Rows rows,
              tx.Query("SELECT current_setting('transaction_isolation')", {}));
          EXPECT_EQ(rows.at(0).Text(0), level);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
  }
}

// A Read has one snapshot, also where Writes run at READ COMMITTED.
TEST_F(PostgresDatabaseTest, AReadSeesOneMomentAtReadCommittedToo) {
  Open("isolation=rc");
  absl::Status status =
      database_->ReadBlocking([&](Snapshot& snapshot) -> absl::Status {
        const char* sum = "SELECT n FROM t WHERE id = 1";
        ASSIGN_OR_RETURN(Rows before, snapshot.Query(sum, {}));
        EXPECT_TRUE(Execute("UPDATE t SET n = n + 1 WHERE id = 1").ok());
        ASSIGN_OR_RETURN(Rows after, snapshot.Query(sum, {}));
        EXPECT_EQ(before.at(0).Int(0), after.at(0).Int(0));
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(PostgresDatabaseTest, AConnectionServesManyTransactions) {
  for (const char* parameters :
       {"writers=1&readers=1", "writers=1&readers=1&pipeline=off",
        "writers=1&readers=1&prepared=off"}) {
    Open(parameters);
    std::set<int64_t> backends;
    for (int i = 0; i < 20; ++i) {
      absl::Status status =
          database_->WriteBlocking([&](Transaction& tx) -> absl::Status {
            ASSIGN_OR_RETURN(Rows rows,
                             tx.Query("SELECT pg_backend_pid()", {}));
            backends.insert(rows.at(0).Int(0));
            // One ends by COMMIT, the next by ROLLBACK.
            return i % 2 == 0 ? absl::OkStatus()
                              : MakeError(Reason::NOT_FOUND, "mine");
          });
      EXPECT_EQ(status.ok(), i % 2 == 0) << status;
      backends.insert(SelectInt("SELECT pg_backend_pid()"));
    }
    EXPECT_EQ(backends.size(), 2u) << parameters;
  }
}

TEST_F(PostgresDatabaseTest, PreparedOffPreparesNothing) {
  const char* count = "SELECT COUNT(*) FROM pg_prepared_statements";
  Open("readers=1");
  EXPECT_GT(SelectInt(count), 0);
  Open("readers=1&prepared=off");
  EXPECT_EQ(SelectInt(count), 0);
}

TEST_F(PostgresDatabaseTest, SettingsHoldWithAndWithoutAPooler) {
  for (const char* parameters :
       {"statement_timeout_ms=1234", "statement_timeout_ms=1234&prepared=off",
        "statement_timeout_ms=1234&prepared=off&pipeline=off"}) {
    Open(parameters);
    EXPECT_EQ(SelectInt("SELECT CAST(setting AS BIGINT) FROM pg_settings "
                        "WHERE name = 'statement_timeout'"),
              1234)
        << parameters;
  }
}

// Goal: many different statements neither grow without bound on the server nor
// lose their place. Method: more than are kept, each used twice.
TEST_F(PostgresDatabaseTest, TheLeastUsedPreparedStatementsGo) {
  Open("readers=1");
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      EXPECT_EQ(SelectInt("SELECT " + std::to_string(i)), i);
    }
  }
  EXPECT_LE(SelectInt("SELECT COUNT(*) FROM pg_prepared_statements"), 257);
}

TEST_F(PostgresDatabaseTest, AStatementTimeoutEndsTheStatementOnly) {
  Open("statement_timeout_ms=200&writers=1");
  absl::Status status = database_->WriteBlocking([](Transaction& tx) {
    return tx.Query("SELECT 1 FROM pg_sleep(30)", {}).status();
  });
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnavailable) << status;
  EXPECT_TRUE(HasReason(status, Reason::DATABASE_UNAVAILABLE));
  EXPECT_TRUE(Execute("UPDATE t SET n = 1 WHERE id = 1").ok());
}

TEST_F(PostgresDatabaseTest, ALockIsWaitedForNoLongerThanItsTimeout) {
  Open("lock_timeout_ms=100");
  std::promise<void> locked;
  std::promise<void> release;
  std::future<absl::Status> holder = StartWrite([&](Transaction& tx) {
    absl::Status status =
        tx.Execute("UPDATE t SET n = 5 WHERE id = 1", {}).status();
    locked.set_value();
    release.get_future().wait();
    return status;
  });
  locked.get_future().wait();
  absl::Status status = Execute("UPDATE t SET n = 6 WHERE id = 1");
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnavailable) << status;
  release.set_value();
  EXPECT_TRUE(holder.get().ok());
  EXPECT_EQ(SelectInt("SELECT n FROM t WHERE id = 1"), 5);
}

// Goal: what nobody waits for any more lets go of its locks. Method: no
// timeout on the server, only our deadline; then the row can be changed.
TEST_F(PostgresDatabaseTest, AStatementPastOurDeadlineIsCancelled) {
  Open("statement_timeout_ms=0&lock_timeout_ms=30000&deadline_ms=300");
  absl::Status status =
      database_->WriteBlocking([](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(
            tx.Execute("UPDATE t SET n = 5 WHERE id = 1", {}).status());
        return tx.Query("SELECT 1 FROM pg_sleep(60)", {}).status();
      });
  EXPECT_EQ(SqlErrorOf(status), SqlError::kUnavailable) << status;
  EXPECT_EQ(PostgresServer::Shared().Ask("SET lock_timeout = '30s'; UPDATE " +
                                         under_test_->schema() +
                                         ".t SET n = 7 RETURNING n"),
            "7");
}

TEST_F(PostgresDatabaseTest, DdlHasItsOwnDeadline) {
  Open("statement_timeout_ms=200&deadline_ms=400");
  // Takes longer than both.
  EXPECT_TRUE(
      Execute("CREATE TABLE slow AS SELECT 1 AS one FROM pg_sleep(0.8)").ok());
}

TEST_F(PostgresDatabaseTest, ATakenKeyDoesNotQuoteValues) {
  Open("");
  absl::Status status =
      Execute("INSERT INTO t (id, n) VALUES ($1, 0)", {Value::Int(1)});
  EXPECT_TRUE(IsUniqueViolation(status));
  EXPECT_NE(status.message().find("t_pkey"), absl::string_view::npos);
  EXPECT_EQ(status.message().find("(1)"), absl::string_view::npos);
}

TEST_F(PostgresDatabaseTest, AFullQueueRefuses) {
  Open("writers=1&queue=2");
  std::promise<void> running;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::vector<std::future<absl::Status>> futures;
  futures.push_back(StartWrite([&](Transaction&) {
    running.set_value();
    released.wait();
    return absl::OkStatus();
  }));
  running.get_future().wait();
  for (int i = 0; i < 3; ++i) {
    futures.push_back(
        StartWrite([](Transaction&) { return absl::OkStatus(); }));
  }
  EXPECT_TRUE(HasReason(futures[3].get(), Reason::OVERLOADED));
  release.set_value();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(futures[i].get().ok());
}

TEST_F(PostgresDatabaseTest, WhatWaitsTooLongForAConnectionIsRefused) {
  Open("writers=1&queue_ms=50");
  std::promise<void> running;
  std::promise<void> release;
  std::future<absl::Status> first = StartWrite([&](Transaction&) {
    running.set_value();
    release.get_future().wait();
    return absl::OkStatus();
  });
  running.get_future().wait();
  std::future<absl::Status> second =
      StartWrite([](Transaction&) { return absl::OkStatus(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(60));  // time passes
  release.set_value();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(HasReason(second.get(), Reason::OVERLOADED));
}

// A caller may end what its function holds as soon as it has the answer.
TEST_F(PostgresDatabaseTest, FunctionsAreGoneWhenTheAnswerComes) {
  Open("");
  for (int i = 0; i < 300; ++i) {
    auto held = std::make_shared<int>(i);
    const std::weak_ptr<int> left = held;
    EXPECT_TRUE(database_
                    ->WriteBlocking([held = std::move(held)](Transaction&) {
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_TRUE(left.expired()) << "write " << i;
    auto read = std::make_shared<int>(i);
    const std::weak_ptr<int> left_of_read = read;
    EXPECT_TRUE(database_
                    ->ReadBlocking([read = std::move(read)](Snapshot&) {
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_TRUE(left_of_read.expired()) << "read " << i;
  }
}

TEST_F(PostgresDatabaseTest, DestructionFinishesWhatIsQueued) {
  Open("writers=2");
  std::vector<std::future<absl::Status>> futures;
  for (int i = 0; i < 200; ++i) {
    futures.push_back(StartWrite([i](Transaction& tx) {
      return tx.ExecuteOne("INSERT INTO t (id, n) VALUES ($1, 0)",
                           {Value::Int(i + 100)});
    }));
  }
  database_.reset();
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
}

// Two instances of a service start at once.
TEST_F(PostgresDatabaseTest, MigrationsMayRunAtOnce) {
  constexpr Migration kSteps[] = {
      {1, "a",
       "CREATE TABLE IF NOT EXISTS a (id INT64 NOT NULL, PRIMARY KEY (id))",
       "SELECT id FROM a LIMIT 1"},
      {2, "a by id", "CREATE INDEX IF NOT EXISTS a_by_id ON a (id)",
       "SELECT id FROM a LIMIT 1"},
      {3, "n", "ALTER TABLE a ADD COLUMN n TEXT", "SELECT n FROM a LIMIT 1"}};
  for (int round = 0; round < 5; ++round) {
    Open("");
    std::vector<std::future<absl::Status>> instances;
    for (int i = 0; i < 4; ++i) {
      instances.push_back(std::async(std::launch::async, [&] {
        auto database = OpenDatabase(under_test_->url(), {});
        if (!database.ok()) return database.status();
        return Migrate(**database, kSteps, "test");
      }));
    }
    for (auto& instance : instances) {
      absl::Status status = instance.get();
      EXPECT_TRUE(status.ok()) << status;
    }
  }
}

}  // namespace
}  // namespace shiming::sql

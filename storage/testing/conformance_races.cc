// The critical operations under concurrency: invariants live in keys and
// compare-and-swaps, so they hold on every engine.
#include <algorithm>
#include <string>
#include <vector>

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"
#include "storage/testing/conformance.h"
#include "storage/testing/run.h"

namespace shiming::sql::testing {
namespace {

using Work = std::vector<boost::asio::awaitable<absl::Status>>;

int CountOk(const std::vector<absl::Status>& results) {
  return static_cast<int>(
      std::count_if(results.begin(), results.end(),
                    [](const absl::Status& status) { return status.ok(); }));
}

TEST_P(ConformanceTest, ALimitHoldsByCompareAndSwap) {
  Define(
      "CREATE TABLE usage (route INT64 NOT NULL, person TEXT NOT NULL, "
      "live INT64 NOT NULL, PRIMARY KEY (route, person))");
  Work work;
  for (int i = 0; i < 64; ++i) {
    work.push_back(database().Write([](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(tx.InsertIgnore("INSERT INTO usage (route, person, live) "
                                      "VALUES ($1, $2, 0)",
                                      {Value::Int(7), Value::Text("p")})
                          .status());
      return tx.ExecuteOne(
          "UPDATE usage SET live = live + 1 "
          "WHERE route = $1 AND person = $2 AND live < 5",
          {Value::Int(7), Value::Text("p")}, Reason::OVERLOADED);
    }));
  }
  std::vector<absl::Status> results = RunAll(std::move(work));
  EXPECT_EQ(CountOk(results), 5);
  for (const absl::Status& status : results) {
    EXPECT_TRUE(status.ok() || HasReason(status, Reason::OVERLOADED)) << status;
  }
  EXPECT_EQ(SelectInt("SELECT live FROM usage WHERE route = 7"), 5);
}

TEST_P(ConformanceTest, AUniqueKeyIsTakenOnce) {
  Define(
      "CREATE TABLE spent (id TEXT NOT NULL, by_whom INT64 NOT NULL, "
      "PRIMARY KEY (id))");
  Work work;
  for (int i = 0; i < 32; ++i) {
    work.push_back(database().Write([i](Transaction& tx) {
      return tx.ExecuteOne("INSERT INTO spent (id, by_whom) VALUES ($1, $2)",
                           {Value::Text("a"), Value::Int(i)});
    }));
  }
  std::vector<absl::Status> results = RunAll(std::move(work));
  EXPECT_EQ(CountOk(results), 1);
  for (const absl::Status& status : results) {
    EXPECT_TRUE(status.ok() || IsUniqueViolation(status)) << status;
  }
}

TEST_P(ConformanceTest, InsertIgnoreHasOneWinner) {
  Define(
      "CREATE TABLE spent (id TEXT NOT NULL, by_whom INT64 NOT NULL, "
      "PRIMARY KEY (id))");
  Work work;
  for (int i = 0; i < 32; ++i) {
    work.push_back(database().Write([i](Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(
          int64_t inserted,
          tx.InsertIgnore("INSERT INTO spent (id, by_whom) VALUES ($1, $2)",
                          {Value::Text("a"), Value::Int(i)}));
      return inserted == 1 ? absl::OkStatus()
                           : MakeError(Reason::LOST_RACE, "taken");
    }));
  }
  EXPECT_EQ(CountOk(RunAll(std::move(work))), 1);
}

TEST_P(ConformanceTest, NoUpdateIsLostByReadThenCompareAndSwap) {
  Define(
      "CREATE TABLE heads (id INT64 NOT NULL, size INT64 NOT NULL, "
      "PRIMARY KEY (id))");
  ASSERT_TRUE(Execute("INSERT INTO heads (id, size) VALUES (1, 0)", {}).ok());
  constexpr int kWriters = 100;
  Work work;
  for (int i = 0; i < kWriters; ++i) {
    work.push_back(database().Write([](Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(
          auto head,
          tx.QueryAtMostOne("SELECT size FROM heads WHERE id = 1", {}));
      ASSIGN_OR_RETURN(
          int64_t swapped,
          tx.Execute("UPDATE heads SET size = $1 WHERE id = 1 AND size = $2",
                     {Value::Int(head->Int(0) + 1), Value::Int(head->Int(0))}));
      return swapped == 1 ? absl::OkStatus() : RunAgain("size moved");
    }));
  }
  std::vector<absl::Status> results = RunAll(std::move(work));
  // An engine may give up on some; none that it acknowledged is lost.
  EXPECT_EQ(SelectInt("SELECT size FROM heads WHERE id = 1"), CountOk(results));
  EXPECT_GT(CountOk(results), 0);
}

TEST_P(ConformanceTest, OneRevealWins) {
  Define(
      "CREATE TABLE orders (route INT64 NOT NULL, order_id TEXT NOT NULL, "
      "state INT64 NOT NULL, permit TEXT, PRIMARY KEY (route, order_id))");
  ASSERT_TRUE(Execute("INSERT INTO orders (route, order_id, state) "
                      "VALUES (1, 'o', 3)",
                      {})
                  .ok());
  Work work;
  for (int i = 0; i < 16; ++i) {
    work.push_back(database().Write([i](Transaction& tx) {
      return tx.ExecuteOne(
          "UPDATE orders SET state = 4, permit = $1 "
          "WHERE route = $2 AND order_id = $3 AND state = 3",
          {Value::Text(std::to_string(i)), Value::Int(1), Value::Text("o")});
    }));
  }
  std::vector<absl::Status> results = RunAll(std::move(work));
  ASSERT_EQ(CountOk(results), 1);
  Rows rows = Select("SELECT permit FROM orders WHERE route = 1");
  EXPECT_TRUE(results[std::stoi(rows[0].Text(0))].ok());
}

// Goal: writes that fail in one batch take nothing with them and leave nothing.
TEST_P(ConformanceTest, AFailingWriteIsRolledBackAlone) {
  Define(
      "CREATE TABLE things (id INT64 NOT NULL, n INT64 NOT NULL, "
      "PRIMARY KEY (id))");
  constexpr int kWrites = 300;
  Work work;
  for (int i = 0; i < kWrites; ++i) {
    work.push_back(database().Write([i](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(tx.ExecuteOne("INSERT INTO things (id, n) VALUES ($1, 0)",
                                    {Value::Int(i)}));
      if (i % 3 == 1) return MakeError(Reason::NOT_FOUND, "fails by itself");
      if (i % 3 == 2) {  // fails by a statement
        return tx.ExecuteOne("INSERT INTO things (id, n) VALUES ($1, 1)",
                             {Value::Int(i)});
      }
      return absl::OkStatus();
    }));
  }
  std::vector<absl::Status> results = RunAll(std::move(work));
  for (int i = 0; i < kWrites; ++i) {
    if (i % 3 == 0) {
      EXPECT_TRUE(results[i].ok()) << results[i];
    } else if (i % 3 == 1) {
      EXPECT_TRUE(HasReason(results[i], Reason::NOT_FOUND)) << results[i];
    } else {
      EXPECT_TRUE(IsUniqueViolation(results[i])) << results[i];
    }
    EXPECT_EQ(
        SelectInt("SELECT COUNT(*) FROM things WHERE id = $1", {Value::Int(i)}),
        i % 3 == 0 ? 1 : 0);
  }
}

}  // namespace
}  // namespace shiming::sql::testing

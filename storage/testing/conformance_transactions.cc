// What a Write and a Read promise.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"
#include "storage/testing/conformance.h"
#include "storage/testing/run.h"

namespace shiming::sql::testing {
namespace {

constexpr char kDefineThings[] =
    "CREATE TABLE things (id INT64 NOT NULL, n INT64 NOT NULL, "
    "CHECK (n >= 0), PRIMARY KEY (id))";
constexpr char kInsertThing[] = "INSERT INTO things (id, n) VALUES ($1, $2)";
constexpr char kCountThings[] = "SELECT COUNT(*) FROM things";

Params Thing(int64_t id, int64_t n) { return {Value::Int(id), Value::Int(n)}; }

TEST_P(ConformanceTest, AnFnThatFailsLeavesNothing) {
  Define(kDefineThings);
  absl::Status status =
      database().WriteBlocking([](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.ExecuteOne(kInsertThing, Thing(1, 1)));
        return MakeError(Reason::NOT_FOUND, "changed my mind");
      });
  EXPECT_TRUE(HasReason(status, Reason::NOT_FOUND));
  EXPECT_EQ(SelectInt(kCountThings), 0);
}

TEST_P(ConformanceTest, AFailedStatementForbidsToCommit) {
  Define(kDefineThings);
  absl::Status later;
  absl::Status status = database().WriteBlocking([&](Transaction& tx) {
    tx.Execute(kInsertThing, Thing(1, 1)).IgnoreError();
    tx.Execute(kInsertThing, Thing(1, 2)).IgnoreError();  // key taken
    later = tx.Execute(kInsertThing, Thing(2, 2)).status();
    return absl::OkStatus();
  });
  EXPECT_TRUE(IsUniqueViolation(status)) << status;
  EXPECT_EQ(SqlErrorOf(later), SqlError::kStatement);
  EXPECT_EQ(SelectInt(kCountThings), 0);
}

TEST_P(ConformanceTest, ErrorsAreToldApart) {
  Define(kDefineThings);
  ASSERT_TRUE(Execute(kInsertThing, Thing(1, 1)).ok());
  EXPECT_EQ(SqlErrorOf(Execute(kInsertThing, Thing(1, 2))), SqlError::kUnique);
  EXPECT_EQ(SqlErrorOf(Execute(kInsertThing, Thing(2, -1))),
            SqlError::kConstraint);
  EXPECT_EQ(
      SqlErrorOf(Execute(kInsertThing, {Value::Int(2), Value::NullInt()})),
      SqlError::kConstraint);
}

TEST_P(ConformanceTest, AffectedRowsAreCounted) {
  Define(kDefineThings);
  absl::Status status =
      database().WriteBlocking([](Transaction& tx) -> absl::Status {
        for (int i = 0; i < 4; ++i) {
          RETURN_IF_ERROR(tx.ExecuteOne(kInsertThing, Thing(i, i)));
        }
        ASSIGN_OR_RETURN(int64_t updated,
                         tx.Execute("UPDATE things SET n = n + 1 WHERE n < $1",
                                    {Value::Int(3)}));
        EXPECT_EQ(updated, 3);
        ASSIGN_OR_RETURN(
            int64_t missed,
            tx.Execute("UPDATE things SET n = 0 WHERE id = 99", {}));
        EXPECT_EQ(missed, 0);
        ASSIGN_OR_RETURN(int64_t deleted,
                         tx.Execute("DELETE FROM things WHERE id < 2", {}));
        EXPECT_EQ(deleted, 2);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(SelectInt(kCountThings), 2);
}

TEST_P(ConformanceTest, ExecuteOneRefusesAnyOtherCount) {
  Define(kDefineThings);
  ASSERT_TRUE(Execute(kInsertThing, Thing(1, 1)).ok());
  ASSERT_TRUE(Execute(kInsertThing, Thing(2, 1)).ok());
  auto update = [&](int64_t n, Reason reason) {
    return database().WriteBlocking([&](Transaction& tx) {
      return tx.ExecuteOne("UPDATE things SET n = 5 WHERE n = $1",
                           {Value::Int(n)}, reason);
    });
  };
  EXPECT_TRUE(HasReason(update(9, Reason::NOT_FOUND), Reason::NOT_FOUND));
  EXPECT_TRUE(HasReason(update(1, Reason::LOST_RACE), Reason::LOST_RACE));
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM things WHERE n = 5"), 0);
}

TEST_P(ConformanceTest, ReturningGivesTheChangedRows) {
  Define(kDefineThings);
  absl::Status status =
      database().WriteBlocking([](Transaction& tx) -> absl::Status {
        ASSIGN_OR_RETURN(Rows inserted,
                         tx.Query("INSERT INTO things (id, n) VALUES ($1, $2) "
                                  "RETURNING id, n",
                                  Thing(3, 4)));
        EXPECT_EQ(inserted.size(), 1u);
        EXPECT_EQ(inserted[0].Int(1), 4);
        ASSIGN_OR_RETURN(
            Rows updated,
            tx.Query("UPDATE things SET n = n + 1 WHERE id = $1 RETURNING n",
                     {Value::Int(3)}));
        EXPECT_EQ(updated.size(), 1u);
        EXPECT_EQ(updated[0].Int(0), 5);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(ConformanceTest, InsertIgnoreTellsWhetherTheRowIsNew) {
  Define(kDefineThings);
  std::vector<int64_t> counts;
  absl::Status status =
      database().WriteBlocking([&](Transaction& tx) -> absl::Status {
        counts.clear();
        for (int64_t n : {10, 20}) {
          ASSIGN_OR_RETURN(int64_t count,
                           tx.InsertIgnore(kInsertThing, Thing(1, n)));
          counts.push_back(count);
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(counts, (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(SelectInt("SELECT n FROM things WHERE id = 1"), 10);
}

TEST_P(ConformanceTest, InsertIgnoreDoesNotSwallowOtherConstraints) {
  Define(kDefineThings);
  absl::Status status = database().WriteBlocking([](Transaction& tx) {
    return tx.InsertIgnore(kInsertThing, Thing(1, -1)).status();
  });
  EXPECT_EQ(SqlErrorOf(status), SqlError::kConstraint);
}

TEST_P(ConformanceTest, AnFnThatAsksForItRunsAgainFromTheStart) {
  Define(kDefineThings);
  int runs = 0;
  absl::Status status =
      database().WriteBlocking([&](Transaction& tx) -> absl::Status {
        ++runs;
        RETURN_IF_ERROR(tx.ExecuteOne(kInsertThing, Thing(1, runs)));
        return runs < 3 ? RunAgain("not yet") : absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(SelectInt("SELECT n FROM things WHERE id = 1"), 3);
}

TEST_P(ConformanceTest, AnFnThatAlwaysAsksForItLosesTheRace) {
  Define(kDefineThings);
  int runs = 0;
  absl::Status status = database().WriteBlocking([&](Transaction&) {
    ++runs;
    return RunAgain("never");
  });
  EXPECT_TRUE(HasReason(status, Reason::LOST_RACE));
  EXPECT_EQ(runs, kMaxTries);
}

TEST_P(ConformanceTest, AReadCannotWrite) {
  Define(kDefineThings);
  absl::Status status = database().ReadBlocking([](Snapshot& snapshot) {
    return snapshot.Query(kInsertThing, Thing(1, 1)).status();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(SelectInt(kCountThings), 0);
}

TEST_P(ConformanceTest, AReadSeesWhatWasAcknowledgedBefore) {
  Define(kDefineThings);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Execute(kInsertThing, Thing(i, i)).ok());
    EXPECT_EQ(SelectInt(kCountThings), i + 1);
  }
}

// Goal: a Read neither waits for a Write that runs nor sees any of it.
// Method: the Write's fn waits until a Read has come back.
TEST_P(ConformanceTest, AReadNeverWaitsForAWriter) {
  Define(kDefineThings);
  std::promise<void> writer_runs;
  std::promise<void> read_done;
  std::shared_future<void> read_is_done = read_done.get_future().share();
  std::promise<absl::Status> written;
  std::atomic<bool> waited_in_vain{false};
  bool first_run = true;
  database().StartWrite(
      [&](Transaction& tx) -> absl::Status {
        RETURN_IF_ERROR(tx.ExecuteOne(kInsertThing, Thing(1, 1)));
        if (first_run) writer_runs.set_value();
        first_run = false;
        if (read_is_done.wait_for(std::chrono::seconds(30)) !=
            std::future_status::ready) {
          waited_in_vain = true;
        }
        return absl::OkStatus();
      },
      [&](absl::Status status) { written.set_value(std::move(status)); });
  writer_runs.get_future().wait();
  EXPECT_EQ(SelectInt(kCountThings), 0);
  read_done.set_value();
  EXPECT_TRUE(written.get_future().get().ok());
  EXPECT_FALSE(waited_in_vain);
  EXPECT_EQ(SelectInt(kCountThings), 1);
}

TEST_P(ConformanceTest, ACoroutineGoesOnOnItsOwnExecutor) {
  Define(kDefineThings);
  boost::asio::io_context context;
  std::vector<std::thread::id> seen;
  auto work = [](Database& database, std::vector<std::thread::id>& seen)
      -> boost::asio::awaitable<absl::Status> {
    WriteFn write = [](Transaction& tx) {
      return tx.ExecuteOne(kInsertThing, Thing(1, 1));
    };
    absl::Status written = co_await database.Write(write);
    seen.push_back(std::this_thread::get_id());
    ReadFn read = [](Snapshot& snapshot) {
      return snapshot.Query(kCountThings, {}).status();
    };
    absl::Status was_read = co_await database.Read(read);
    seen.push_back(std::this_thread::get_id());
    co_return written.ok() ? was_read : written;
  };
  std::future<absl::Status> result = boost::asio::co_spawn(
      context, work(database(), seen), boost::asio::use_future);
  context.run();  // returns only when the coroutine is done
  EXPECT_TRUE(result.get().ok());
  EXPECT_EQ(seen,
            (std::vector<std::thread::id>(2, std::this_thread::get_id())));
}

TEST_P(ConformanceTest, ValuesOfAnFnComeBack) {
  Define(kDefineThings);
  auto work = [](Database& database)
      -> boost::asio::awaitable<absl::StatusOr<int64_t>> {
    auto write = [](Transaction& tx) -> absl::StatusOr<int64_t> {
      return tx.Execute(kInsertThing, Thing(1, 42));
    };
    absl::StatusOr<int64_t> affected = co_await database.WriteValue(write);
    CO_RETURN_IF_ERROR(affected.status());
    auto read = [](Snapshot& snapshot) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(
          auto row, snapshot.QueryAtMostOne(
                        "SELECT n FROM things WHERE id = $1", {Value::Int(1)}));
      return row->Int(0) + 1;
    };
    co_return co_await database.ReadValue(read);
  };
  boost::asio::thread_pool pool(1);
  absl::StatusOr<int64_t> value = RunOn(pool, work(database()));
  pool.join();
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(*value, 43);
}

}  // namespace
}  // namespace shiming::sql::testing

// Goal: the decorator takes away the guard it is told to and nothing else, and
// says so when it cannot.
#include "storage/testing/unguarded_database.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"
#include "storage/testing/temp_database.h"

namespace shiming::sql::testing {
namespace {

using Look = Unguarding::Look;

constexpr char kCount[] =
    "UPDATE counts SET live = live + $1, note = $2 WHERE id = $3 AND live < $4";
constexpr char kSpend[] = "INSERT INTO spent (by_whom, id) VALUES ($1, $2)";

class UnguardedDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // In a room's migrations `id` alone is the key of what is spent once.
    for (const char* ddl :
         {"CREATE TABLE counts (id INT64 NOT NULL, live INT64 NOT NULL, "
          "note TEXT, PRIMARY KEY (id))",
          "CREATE TABLE spent (id TEXT NOT NULL, by_whom INT64 NOT NULL, "
          "PRIMARY KEY (id, by_whom))"}) {
      const std::string text = real().dialect().Ddl(ddl);
      ASSERT_TRUE(Execute(real(), text, {}).ok());
    }
    ASSERT_TRUE(
        Execute(real(), "INSERT INTO counts (id, live) VALUES (1, 0)", {})
            .ok());
  }

  Database& real() { return temp_.database(); }

  absl::StatusOr<int64_t> Execute(Database& database, const std::string& sql,
                                  const Params& params) {
    int64_t affected = -1;
    const auto execute = [&](Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(affected, tx.Execute(sql, params));
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(database.WriteBlocking(execute));
    return affected;
  }

  // One more, up to `limit`; the rows affected.
  absl::StatusOr<int64_t> Count(Database& database, int64_t limit) {
    return Execute(
        database, kCount,
        {Value::Int(1), Value::Text("n"), Value::Int(1), Value::Int(limit)});
  }

  int64_t SelectInt(const std::string& sql) {
    int64_t value = -1;
    const auto select = [&](Snapshot& snapshot) -> absl::Status {
      ASSIGN_OR_RETURN(const Rows rows, snapshot.Query(sql, {}));
      value = rows.at(0).Int(0);
      return absl::OkStatus();
    };
    EXPECT_TRUE(real().ReadBlocking(select).ok());
    return value;
  }

  int64_t live() { return SelectInt("SELECT live FROM counts WHERE id = 1"); }

  TempDatabase temp_;
};

TEST_F(UnguardedDatabaseTest, LeavesAloneWhatItIsNotTold) {
  UnguardedDatabase database(
      real(), {.unguardings = {
                   {.statement = "UPDATE spent ", .guard = " AND live < $"}}});
  EXPECT_EQ(*Count(database, 1), 1);
  EXPECT_EQ(*Count(database, 1), 0);
  EXPECT_EQ(live(), 1);
  EXPECT_EQ(database.done_count(0), 0);
}

TEST_F(UnguardedDatabaseTest, ALookInPlaceOfTheGuardIsRightForWhoIsAlone) {
  UnguardedDatabase database(
      real(),
      {.unguardings = {{.statement = "UPDATE counts SET live = live + $",
                        .guard = " AND live < $"}}});
  EXPECT_EQ(*Count(database, 1), 1);
  EXPECT_EQ(*Count(database, 1), 0);
  EXPECT_EQ(live(), 1);
  EXPECT_EQ(database.done_count(0), 1);
}

TEST_F(UnguardedDatabaseTest, WithoutALookNothingIsHeldBack) {
  UnguardedDatabase database(real(),
                             {.unguardings = {{.statement = "UPDATE counts ",
                                               .guard = " AND live < $",
                                               .look = Look::kNone}}});
  EXPECT_EQ(*Count(database, 1), 1);
  EXPECT_EQ(*Count(database, 1), 1);
  EXPECT_EQ(live(), 2);
  EXPECT_EQ(database.done_count(0), 2);
}

TEST_F(UnguardedDatabaseTest, AKeyIsLookedFor) {
  UnguardedDatabase database(
      real(),
      {.unguardings = {{.statement = "INSERT INTO spent ", .key = {"id"}}}});
  const auto spend = [&](int64_t by_whom) {
    return Execute(database, real().dialect().InsertIgnore(kSpend),
                   {Value::Int(by_whom), Value::Text("a")});
  };
  EXPECT_EQ(*spend(1), 1);
  EXPECT_EQ(*spend(2), 0);
  EXPECT_EQ(SelectInt("SELECT COUNT(*) FROM spent"), 1);
}

TEST_F(UnguardedDatabaseTest, AGuardThatIsNotThereFails) {
  for (const char* guard : {" AND live < 5", " AND lived < $", "$"}) {
    UnguardedDatabase database(
        real(),
        {.unguardings = {{.statement = "UPDATE counts ", .guard = guard}}});
    const absl::Status status = Count(database, 1).status();
    EXPECT_EQ(SqlErrorOf(status), SqlError::kStatement) << status;
    EXPECT_EQ(database.done_count(0), 0);
  }
  UnguardedDatabase database(
      real(), {.unguardings = {
                   {.statement = "INSERT INTO spent ", .key = {"nobody"}}}});
  EXPECT_EQ(
      SqlErrorOf(Execute(database, kSpend, {Value::Int(1), Value::Text("a")})
                     .status()),
      SqlError::kStatement);
  EXPECT_EQ(live(), 0);
}

// One waits, before the statement, for what the test does meanwhile.
TEST_F(UnguardedDatabaseTest, AWriteWaitsAtItsMeeting) {
  Meeting meeting(1);
  meeting.Hold();
  UnguardedDatabase database(
      real(), {.meet_before = "UPDATE counts ", .meeting = &meeting});
  auto waiting = std::async(std::launch::async,
                            [&] { return Count(database, 1).status(); });
  ASSERT_TRUE(meeting.AwaitAll());
  EXPECT_EQ(live(), 0);
  meeting.Open();
  EXPECT_TRUE(waiting.get().ok());
  EXPECT_EQ(live(), 1);
}

TEST_F(UnguardedDatabaseTest, AWriteThatEndsWithoutComingIsMissed) {
  Meeting meeting(1);
  UnguardedDatabase database(
      real(), {.meet_before = "UPDATE counts ", .meeting = &meeting});
  ASSERT_TRUE(
      Execute(database, kSpend, {Value::Int(1), Value::Text("a")}).ok());
  EXPECT_FALSE(meeting.AwaitAll());
}

}  // namespace
}  // namespace shiming::sql::testing

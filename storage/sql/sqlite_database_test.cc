// What only the SQLite driver promises: group commit, queue limit, disk faults.
#include "storage/sql/sqlite_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <vector>

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"
#include "storage/testing/faulty_vfs.h"
#include "storage/testing/run.h"
#include "storage/testing/temp_database.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql {
namespace {

using ::shiming::sql::testing::FailSyncs;
using ::shiming::sql::testing::FailWrite;
using ::shiming::sql::testing::FaultyVfsName;
using ::shiming::sql::testing::RunAll;
using ::shiming::sql::testing::TempDatabase;
using ::shiming::sql::testing::TempEngine;
using ::shiming::sql::testing::TempFolder;

constexpr char kInsert[] = "INSERT INTO t (id, body) VALUES ($1, $2)";

absl::Status MakeTable(Database& database) {
  return database.WriteBlocking([&](Transaction& tx) {
    return tx
        .Execute(tx.dialect().Ddl("CREATE TABLE t (id INT64 NOT NULL, "
                                  "body BYTES, PRIMARY KEY (id))"),
                 {})
        .status();
  });
}

absl::Status Insert(Database& database, int64_t id, size_t size = 10) {
  return database.WriteBlocking([&](Transaction& tx) {
    return tx.ExecuteOne(
        kInsert, {Value::Int(id), Value::Bytes(std::string(size, 'x'))});
  });
}

int64_t Count(Database& database) {
  int64_t count = -1;
  EXPECT_TRUE(database
                  .ReadBlocking([&](Snapshot& snapshot) -> absl::Status {
                    ASSIGN_OR_RETURN(
                        Rows rows,
                        snapshot.Query("SELECT COUNT(*) FROM t", {}));
                    count = rows[0].Int(0);
                    return absl::OkStatus();
                  })
                  .ok());
  return count;
}

TEST(SqliteDatabaseTest, RefusesAMissingFileUnlessToldToMakeIt) {
  TempFolder folder;
  const std::string path = (folder.path() / "x.db").string();
  EXPECT_EQ(OpenSqlite({.path = path}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(OpenSqlite({.path = path, .create = true}).ok());
  EXPECT_TRUE(OpenSqlite({.path = path}).ok());
}

TEST(SqliteDatabaseTest, RefusesAFileThatIsNoDatabase) {
  TempFolder folder;
  const std::string path = (folder.path() / "x.db").string();
  std::ofstream(path) << std::string(5000, 'z');
  EXPECT_TRUE(HasReason(OpenSqlite({.path = path}).status(),
                        Reason::DATABASE_UNAVAILABLE));
}

TEST(SqliteDatabaseTest, TablesAreStrict) {
  TempDatabase temp(TempEngine::kSqlite);
  ASSERT_TRUE(MakeTable(temp.database()).ok());
  absl::Status status = temp.database().WriteBlocking([](Transaction& tx) {
    return tx.ExecuteOne("INSERT INTO t (id) VALUES ($1)",
                         {Value::Text("seven")});
  });
  EXPECT_EQ(SqlErrorOf(status), SqlError::kConstraint);
}

TEST(SqliteDatabaseTest, DoubleQuotesAreNoStrings) {
  TempDatabase temp(TempEngine::kSqlite);
  absl::Status status = temp.database().ReadBlocking([](Snapshot& snapshot) {
    return snapshot.Query("SELECT \"no_such_column\"", {}).status();
  });
  EXPECT_EQ(SqlErrorOf(status), SqlError::kStatement);
}

// Goal: what is queued while a batch runs shares one COMMIT. Method: the first
// write waits until 99 more are queued; counting by the WAL's sync is left to
// the measurement, here no reader sees a part of the batch.
TEST(SqliteDatabaseTest, WhatIsQueuedTogetherIsCommittedTogether) {
  TempDatabase temp(TempEngine::kSqlite);
  ASSERT_TRUE(MakeTable(temp.database()).ok());
  std::promise<void> all_queued;
  std::shared_future<void> queued = all_queued.get_future().share();
  std::vector<std::future<absl::Status>> futures;
  std::atomic<int64_t> seen_by_last{-1};
  for (int i = 0; i < 100; ++i) {
    auto answered = std::make_shared<std::promise<absl::Status>>();
    futures.push_back(answered->get_future());
    temp.database().StartWrite(
        [&, i](Transaction& tx) -> absl::Status {
          if (i == 0) queued.wait();
          RETURN_IF_ERROR(
              tx.ExecuteOne("INSERT INTO t (id) VALUES ($1)", {Value::Int(i)}));
          return absl::OkStatus();
        },
        [&, i, answered](absl::Status status) {
          if (i == 0) seen_by_last = Count(temp.database());
          answered->set_value(std::move(status));
        });
  }
  all_queued.set_value();
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
  EXPECT_EQ(Count(temp.database()), 100);
  // The wait may have used up the first batch's time; then 1 was seen.
  EXPECT_GE(seen_by_last, 1);
}

TEST(SqliteDatabaseTest, AFullQueueRefuses) {
  TempFolder folder;
  auto database = OpenSqlite({.path = (folder.path() / "x.db").string(),
                              .create = true,
                              .queue_limit = 2});
  ASSERT_TRUE(database.ok());
  std::promise<void> running;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::vector<std::future<absl::Status>> futures;
  auto start = [&](WriteFn fn) {
    auto answered = std::make_shared<std::promise<absl::Status>>();
    futures.push_back(answered->get_future());
    (*database)->StartWrite(std::move(fn), [answered](absl::Status status) {
      answered->set_value(std::move(status));
    });
  };
  start([&](Transaction&) {
    running.set_value();
    released.wait();
    return absl::OkStatus();
  });
  running.get_future().wait();
  for (int i = 0; i < 3; ++i) {
    start([](Transaction&) { return absl::OkStatus(); });
  }
  EXPECT_TRUE(HasReason(futures[3].get(), Reason::OVERLOADED));
  release.set_value();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(futures[i].get().ok());
}

// A caller may end what its function holds (an executor's timers, say) as soon
// as it has the answer.
TEST(SqliteDatabaseTest, FunctionsAreGoneWhenTheAnswerComes) {
  TempDatabase temp(TempEngine::kSqlite);
  Database& database = temp.database();
  ASSERT_TRUE(MakeTable(database).ok());
  for (int i = 0; i < 300; ++i) {
    auto held = std::make_shared<int>(i);
    const std::weak_ptr<int> left = held;
    EXPECT_TRUE(database
                    .WriteBlocking([held = std::move(held)](Transaction&) {
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_TRUE(left.expired()) << "write " << i;
    auto read = std::make_shared<int>(i);
    const std::weak_ptr<int> left_of_read = read;
    EXPECT_TRUE(database
                    .ReadBlocking([read = std::move(read)](Snapshot&) {
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_TRUE(left_of_read.expired()) << "read " << i;
  }
}

TEST(SqliteDatabaseTest, DestructionFinishesWhatIsQueued) {
  TempDatabase temp(TempEngine::kSqlite);
  ASSERT_TRUE(MakeTable(temp.database()).ok());
  std::atomic<int> answered{0};
  for (int i = 0; i < 500; ++i) {
    temp.database().StartWrite(
        [i](Transaction& tx) {
          return tx.ExecuteOne("INSERT INTO t (id) VALUES ($1)",
                               {Value::Int(i)});
        },
        [&](absl::Status status) { answered += status.ok() ? 1 : 0; });
  }
  temp.Reopen();
  EXPECT_EQ(answered, 500);
  EXPECT_EQ(Count(temp.database()), 500);
}

// Goal: an error by which SQLite ends the whole transaction (disk full while
// it spills pages) hits the write that met it, not its neighbours in the
// batch. Method: a write so big that it spills, among small ones.
TEST(SqliteDatabaseTest, AFullDiskFailsOneWriteNotItsBatch) {
  TempFolder folder;
  auto database = OpenSqlite({.path = (folder.path() / "x.db").string(),
                              .create = true,
                              .batch_time = absl::Seconds(30),
                              .vfs = FaultyVfsName()});
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE(MakeTable(**database).ok());
  std::promise<void> queued_promise;
  std::shared_future<void> queued = queued_promise.get_future().share();
  std::vector<std::future<absl::Status>> futures;
  for (int i = 0; i < 20; ++i) {
    auto answered = std::make_shared<std::promise<absl::Status>>();
    futures.push_back(answered->get_future());
    (*database)->StartWrite(
        [&, i](Transaction& tx) {
          if (i == 0) queued.wait();
          if (i == 10) FailWrite(5);
          return tx.ExecuteOne(
              kInsert, {Value::Int(i), Value::Bytes(std::string(
                                           i == 10 ? 20'000'000 : 10, 'x'))});
        },
        [answered](absl::Status status) {
          answered->set_value(std::move(status));
        });
  }
  queued_promise.set_value();
  for (int i = 0; i < 20; ++i) {
    absl::Status status = futures[i].get();
    if (i == 10) {
      EXPECT_TRUE(HasReason(status, Reason::DATABASE_UNAVAILABLE)) << status;
    } else {
      EXPECT_TRUE(status.ok()) << i << " " << status;
    }
  }
  EXPECT_EQ(Count(**database), 19);
}

// All files of a database, as someone who copies the folder gets them.
std::string BytesOf(const TempDatabase& database) {
  std::string bytes;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::ifstream file(database.path() + suffix, std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file),
                 std::istreambuf_iterator<char>());
  }
  return bytes;
}

TEST(SqliteDatabaseTest, WhatWasDeletedIsInNoFileAfterAScrub) {
  TempDatabase database(TempEngine::kSqlite);
  ASSERT_TRUE(MakeTable(database.database()).ok());
  const std::string deleted = "bytes-that-are-deleted";
  const std::string replaced = "bytes-that-are-replaced";
  const std::string kept = "bytes-that-are-kept";
  ASSERT_TRUE(
      database.database()
          .WriteBlocking([&](Transaction& tx) {
            RETURN_IF_ERROR(
                tx.ExecuteOne(kInsert, {Value::Int(1), Value::Bytes(deleted)}));
            RETURN_IF_ERROR(tx.ExecuteOne(
                kInsert, {Value::Int(2), Value::Bytes(replaced)}));
            return tx.ExecuteOne(kInsert, {Value::Int(3), Value::Bytes(kept)});
          })
          .ok());
  ASSERT_TRUE(database.database()
                  .WriteBlocking([&](Transaction& tx) {
                    RETURN_IF_ERROR(tx.ExecuteOne("DELETE FROM t WHERE id = $1",
                                                  {Value::Int(1)}));
                    return tx.ExecuteOne("UPDATE t SET body = $1 WHERE id = $2",
                                         {Value::Bytes("x"), Value::Int(2)});
                  })
                  .ok());
  // Before: in the WAL's older pages.
  EXPECT_NE(BytesOf(database).find(deleted), std::string::npos);
  ASSERT_TRUE(database.database().ScrubDeletedBlocking().ok());
  const std::string after = BytesOf(database);
  EXPECT_EQ(after.find(deleted), std::string::npos);
  EXPECT_EQ(after.find(replaced), std::string::npos);
  EXPECT_NE(after.find(kept), std::string::npos);
  // The database goes on.
  ASSERT_TRUE(Insert(database.database(), 4).ok());
  EXPECT_EQ(Count(database.database()), 3);
}

TEST(SqliteDatabaseTest, AScrubComesAfterTheWritesBeforeIt) {
  TempDatabase database(TempEngine::kSqlite);
  ASSERT_TRUE(MakeTable(database.database()).ok());
  for (int64_t id = 0; id < 50; ++id) {
    const std::string body = "secret-" + std::to_string(1000 + id) + "-end";
    std::promise<absl::Status> inserted;
    std::promise<absl::Status> removed;
    std::promise<absl::Status> scrubbed;
    // Queued at once, so that they may come into one batch.
    database.database().StartWrite(
        [&](Transaction& tx) {
          return tx.ExecuteOne(kInsert, {Value::Int(id), Value::Bytes(body)});
        },
        [&](absl::Status status) { inserted.set_value(status); });
    database.database().StartWrite(
        [&](Transaction& tx) {
          return tx.ExecuteOne("DELETE FROM t WHERE id = $1", {Value::Int(id)});
        },
        [&](absl::Status status) { removed.set_value(status); });
    database.database().StartScrub(
        [&](absl::Status status) { scrubbed.set_value(status); });
    EXPECT_TRUE(inserted.get_future().get().ok());
    EXPECT_TRUE(removed.get_future().get().ok());
    ASSERT_TRUE(scrubbed.get_future().get().ok());
    EXPECT_EQ(BytesOf(database).find(body), std::string::npos);
  }
}

TEST(SqliteDatabaseTest, AScrubSaysSoWhenAReaderHoldsTheOldState) {
  TempDatabase database(TempEngine::kSqlite);
  ASSERT_TRUE(MakeTable(database.database()).ok());
  ASSERT_TRUE(Insert(database.database(), 1).ok());
  std::promise<void> reading;
  std::promise<void> leave;
  std::promise<absl::Status> read;
  database.database().StartRead(
      [&](Snapshot& snapshot) {
        const absl::Status status =
            snapshot.Query("SELECT COUNT(*) FROM t", {}).status();
        reading.set_value();
        leave.get_future().wait();
        return status;
      },
      [&](absl::Status status) { read.set_value(status); });
  reading.get_future().wait();
  ASSERT_TRUE(Insert(database.database(), 2).ok());
  EXPECT_TRUE(HasReason(database.database().ScrubDeletedBlocking(),
                        Reason::DATABASE_UNAVAILABLE));
  leave.set_value();
  EXPECT_TRUE(read.get_future().get().ok());
  EXPECT_TRUE(database.database().ScrubDeletedBlocking().ok());
}

TEST(SqliteDatabaseDeathTest, AFailedSyncEndsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  TempFolder folder;
  auto open_and_fail = [&] {
    auto database = OpenSqlite({.path = (folder.path() / "x.db").string(),
                                .create = true,
                                .vfs = FaultyVfsName()});
    if (!database.ok() || !MakeTable(**database).ok()) std::exit(1);
    FailSyncs(true);
    Insert(**database, 1).IgnoreError();
    std::exit(0);  // not reached
  };
  EXPECT_DEATH(open_and_fail(), "commit failed");
}

}  // namespace
}  // namespace shiming::sql

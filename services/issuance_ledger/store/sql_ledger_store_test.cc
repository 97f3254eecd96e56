// Goal: what a database may answer reaches the core as what the core takes it
// for, and instances that open one log at once open one log.
#include "services/issuance_ledger/store/sql_ledger_store.h"

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "gtest/gtest.h"
#include "storage/sql/open_database.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_database.h"

namespace shiming::issuance_ledger {
namespace {

constexpr char kOrigin[] = "log.test.example/1";

class SqlLedgerStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = SqlLedgerStore::Open(temp_.database(), kOrigin);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  sql::testing::TempDatabase temp_;
  std::unique_ptr<SqlLedgerStore> store_;
};

// A checkpoint that another instance has moved on is final: LOST_RACE.
TEST_F(SqlLedgerStoreTest, ACompareAndSwapThatFindsAnotherValueIsALostRace) {
  const absl::Status status = store_->WriteBlocking([](LedgerTransaction& tx) {
    return tx.PutCheckpoint({.size = 2, .root = "r", .note = "n"},
                            /*old_size=*/1);
  });
  EXPECT_TRUE(HasReason(status, Reason::LOST_RACE)) << status;
}

// One that lost against others until the driver gave up is not.
TEST_F(SqlLedgerStoreTest, AWriteThatLostTooOftenMayBeTriedAgain) {
  int runs = 0;
  const absl::Status status =
      store_->WriteBlocking([&runs](LedgerTransaction&) {
        ++runs;
        return sql::RunAgain("lost against another");
      });
  EXPECT_GT(runs, 1);
  EXPECT_TRUE(HasReason(status, Reason::DATABASE_UNAVAILABLE)) << status;
}

TEST(SqlLedgerStoresTest, InstancesThatOpenAtOnceOpenOneLog) {
  constexpr int kInstances = 4;
  for (int round = 0; round < 3; ++round) {
    sql::testing::DatabasePlace place(sql::testing::TempEngine::kPostgres);
    std::vector<std::future<absl::Status>> starts;
    for (int i = 0; i < kInstances; ++i) {
      starts.push_back(std::async(std::launch::async, [&]() -> absl::Status {
        ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                         sql::OpenDatabase(place.url(), {.create = true}));
        return SqlLedgerStore::Open(*database, kOrigin).status();
      }));
    }
    for (std::future<absl::Status>& start : starts) {
      const absl::Status status = start.get();
      EXPECT_TRUE(status.ok()) << status;
    }
    auto database = sql::OpenDatabase(place.url(), {});
    ASSERT_TRUE(database.ok()) << database.status();
    const absl::Status counted =
        (*database)->ReadBlocking([](sql::Snapshot& snapshot) -> absl::Status {
          ASSIGN_OR_RETURN(
              const sql::Rows heads,
              snapshot.Query("SELECT COUNT(*) FROM ledger_heads", {}));
          EXPECT_EQ(heads.at(0).Int(0), 1);
          return absl::OkStatus();
        });
    EXPECT_TRUE(counted.ok()) << counted;
  }
}

}  // namespace
}  // namespace shiming::issuance_ledger

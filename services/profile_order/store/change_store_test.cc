// Goal: what other instances commit is seen once and never missed, however
// late a transaction commits after it has taken its number.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <utility>

#include "services/profile_order/store/change_rows.h"
#include "services/profile_order/store/order_rows.h"
#include "services/profile_order/store/sql_change_store.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using sql::Value;
using sql::testing::TempEngine;

constexpr int64_t kMany = 1000;

class ChangeStoreTest : public ::testing::Test {
 protected:
  explicit ChangeStoreTest(TempEngine engine = TempEngine::kPostgres)
      : bench_(engine), changes_(bench_.database()) {
    bench_.ImportStock(10);
  }

  ChangeLook Look(const ChangeMarks& after, int64_t limit = kMany) {
    auto look = bench_.Run(changes_.Look(after, limit));
    EXPECT_TRUE(look.ok()) << look.status();
    return look.ok() ? *std::move(look) : ChangeLook();
  }

  OrderBench bench_;
  SqlChangeStore changes_;
};

class FileChangeStoreTest : public ChangeStoreTest {
 protected:
  FileChangeStoreTest() : ChangeStoreTest(TempEngine::kSqlite) {}
};

TEST_F(ChangeStoreTest, EachChangeIsSeenOnce) {
  ChangeLook look = Look({});
  EXPECT_TRUE(look.orders.empty());
  EXPECT_EQ(look.marks.size(), kRouteCount);
  const Order ready = bench_.PlaceReady();
  look = Look(look.marks);
  ASSERT_EQ(look.orders.size(), 1u);
  EXPECT_EQ(look.orders[0].order_id, ready.order_id);
  EXPECT_EQ(look.orders[0].display, ready.display);
  EXPECT_EQ(look.orders[0].version, ready.version);
  EXPECT_FALSE(look.is_too_many);
  EXPECT_TRUE(Look(look.marks).orders.empty());

  const ChangeMarks before_reveal = look.marks;
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  look = Look(before_reveal);
  ASSERT_EQ(look.orders.size(), 1u);
  EXPECT_GT(look.orders[0].version, ready.version);
  // Whoever comes without marks has read nothing before.
  EXPECT_TRUE(Look({}).orders.empty());
}

TEST_F(ChangeStoreTest, MoreThanWasAskedForIsSaidAndPassedOver) {
  const ChangeLook first = Look({});
  bench_.PlaceReady();
  const ChangeLook look = Look(first.marks, /*limit=*/1);
  EXPECT_TRUE(look.is_too_many);
  EXPECT_TRUE(look.orders.empty());
  EXPECT_NE(look.marks, first.marks);
  EXPECT_TRUE(Look(look.marks).orders.empty());
}

// Method: one transaction changes the order, with its number taken, and does
// not commit until another route has moved on and been seen; a second one of
// the same route can take no number meanwhile.
TEST_F(ChangeStoreTest, AChangeThatIsCommittedLateIsNotMissed) {
  const Order order = bench_.PlaceReady();
  const int64_t route = RouteOf(order.order_id);
  const int64_t other_route = (route + 1) % int64_t{kRouteCount};
  const ChangeLook before = Look({});

  std::promise<void> changed;
  std::promise<void> let_go;
  std::atomic<bool> may_commit = false;
  sql::Database& database = bench_.database();
  auto late = std::async(std::launch::async, [&] {
    return database.WriteBlocking([&](sql::Transaction& tx) -> absl::Status {
      const auto number = NextChangeNumber(tx, route);
      if (!number.ok()) return number.status();
      const absl::Status stored = tx.ExecuteOne(
          "UPDATE orders SET change_number = $1 "
          "WHERE route = $2 AND order_id = $3",
          {Value::Int(*number), Value::Int(route),
           Value::Text(order.order_id)});
      changed.set_value();
      let_go.get_future().wait();
      return stored;
    });
  });
  changed.get_future().wait();
  const absl::Status elsewhere =
      database.WriteBlocking([&](sql::Transaction& tx) {
        return NextChangeNumber(tx, other_route).status();
      });
  EXPECT_TRUE(elsewhere.ok()) << elsewhere;
  std::atomic<bool> overtook = false;
  auto next = std::async(std::launch::async, [&] {
    return database.WriteBlocking([&](sql::Transaction& tx) {
      const absl::Status taken = NextChangeNumber(tx, route).status();
      overtook = taken.ok() && !may_commit;
      return taken;
    });
  });

  const ChangeLook meanwhile = Look(before.marks);
  EXPECT_TRUE(meanwhile.orders.empty());
  EXPECT_EQ(meanwhile.marks[static_cast<size_t>(route)],
            before.marks[static_cast<size_t>(route)]);
  EXPECT_EQ(meanwhile.marks[static_cast<size_t>(other_route)],
            before.marks[static_cast<size_t>(other_route)] + 1);

  may_commit = true;
  let_go.set_value();
  EXPECT_TRUE(late.get().ok());
  EXPECT_TRUE(next.get().ok());
  EXPECT_FALSE(overtook);
  const ChangeLook after = Look(meanwhile.marks);
  ASSERT_EQ(after.orders.size(), 1u);
  EXPECT_EQ(after.orders[0].order_id, order.order_id);
  EXPECT_EQ(after.marks[static_cast<size_t>(route)],
            before.marks[static_cast<size_t>(route)] + 2);
}

// Nobody else has the file open, so nothing is counted.
TEST_F(FileChangeStoreTest, OnAFileNothingIsCounted) {
  const ChangeLook first = Look({});
  bench_.PlaceReady();
  const ChangeLook look = Look(first.marks);
  EXPECT_TRUE(look.orders.empty());
  EXPECT_EQ(look.marks, ChangeMarks(kRouteCount, 0));
}

}  // namespace
}  // namespace shiming::profile_order::testing

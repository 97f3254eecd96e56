// Goal: a crash between any two steps loses nothing and does nothing twice.
// Method: the whole issuance, cut off from its database after 1, 2, 3 ...
// commits; a new run on the same database must bring it to its end, and the
// display's repeat must get the code of the one reveal.
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using smdp::Function;

// More commits than any of the flows below has.
constexpr int kMaxCommits = 12;

class CrashTest : public ::testing::TestWithParam<int> {
 protected:
  CrashTest() { bench_.ImportStock(3); }

  int64_t Revealed() {
    int64_t count = 0;
    for (const ledger::v1::Event& event : bench_.ledger().Events()) {
      if (event.kind() == ledger::v1::EVENT_KIND_CODE_REVEALED) ++count;
    }
    return count;
  }

  OrderBench bench_;
};

TEST_P(CrashTest, IssuanceGoesOnWhereItStopped) {
  const std::string session = bench_.authority().OpenSession();
  const auto request = bench_.NewRequest(session);
  const std::string reveal_id = bench_.NewUuid();

  bench_.store().CrashAfter(GetParam());
  const auto first = bench_.Create(request);
  if (first.ok()) {
    // Runs into the crash somewhere behind here.
    const std::string order_id = first->order_id;
    Caller display = bench_.DisplayCaller();
    bench_.WaitFor(order_id, [&](const Order& row) {
      return row.state == OrderState::kReady || bench_.store().crashed();
    });
    display.deadline = absl::Now() + absl::Milliseconds(300);
    (void)bench_.Run(bench_.reveals().Reveal(display, reveal_id, order_id));
  }
  bench_.Restart();

  const auto order = bench_.Create(request);
  ASSERT_TRUE(order.ok()) << order.status();
  if (first.ok()) {
    EXPECT_EQ(first->order_id, order->order_id);
  }
  bench_.WaitFor(order->order_id, [](const Order& row) {
    return row.state != OrderState::kOrdering;
  });
  const auto code = bench_.Reveal(order->order_id, reveal_id);
  ASSERT_TRUE(code.ok()) << code.status();
  const auto again = bench_.Reveal(order->order_id, reveal_id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(code->code == again->code);
  EXPECT_EQ(code->code.matching_id(), bench_.smdp().MatchingIdOf(order->iccid));
  EXPECT_EQ(Revealed(), 1);
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.orders, 1);
  EXPECT_EQ(tally.person_live, 1);
  EXPECT_EQ(tally.iccids_ordered, 1);
  EXPECT_EQ(tally.numbers_assigned, 1);
}

TEST_P(CrashTest, CancelGoesOnWhereItStopped) {
  const std::string session = bench_.authority().OpenSession();
  const auto placed = bench_.Create(bench_.NewRequest(session));
  ASSERT_TRUE(placed.ok());
  const Order ready = bench_.WaitForState(placed->order_id, OrderState::kReady);
  bench_.store().CrashAfter(GetParam());
  order::v1::CancelOrderRequest cancel;
  cancel.set_request_id(bench_.NewUuid());
  cancel.set_session_id(session);
  cancel.set_order_id(ready.order_id);
  (void)bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel));
  bench_.WaitFor(ready.order_id, [&](const Order& row) {
    return IsEnd(row.state) || bench_.store().crashed();
  });
  bench_.Restart();
  ASSERT_TRUE(
      bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel)).ok());
  EXPECT_EQ(bench_.WaitForState(ready.order_id, OrderState::kCancelled).state,
            OrderState::kCancelled);
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.person_live, 0);
  EXPECT_EQ(tally.eid_live, 0);
  EXPECT_EQ(tally.numbers_free, 3);
  EXPECT_EQ(tally.iccids_ordered, 0);
}

INSTANTIATE_TEST_SUITE_P(AfterCommits, CrashTest,
                         ::testing::Range(1, kMaxCommits));

TEST(CrashWithLostAnswerTest, EveryAnswerLostOnceByACrash) {
  // kill -9 while each of the four calls is at the SM-DP+.
  OrderBench bench;
  bench.ImportStock(3);
  const std::string session = bench.authority().OpenSession();
  const auto request = bench.NewRequest(session);
  const std::string reveal_id = bench.NewUuid();
  std::promise<void> crashed;
  const auto crash_in = [&](Function function) {
    crashed = std::promise<void>();
    bench.smdp().OnCall([&, function](Function called) {
      if (called != function || bench.store().crashed()) return;
      bench.store().CrashAfter(0);
      crashed.set_value();
    });
  };
  crash_in(Function::kDownloadOrder);
  const auto placed = bench.Create(request);
  ASSERT_TRUE(placed.ok());
  const auto restart = [&] {
    crashed.get_future().wait();
    bench.Stop();
    bench.smdp().OnCall(nullptr);
  };
  restart();
  crash_in(Function::kConfirmOrder);
  bench.Restart();
  restart();
  bench.Restart();
  EXPECT_EQ(bench.WaitForState(placed->order_id, OrderState::kReady).state,
            OrderState::kReady);
  crash_in(Function::kReleaseProfile);
  Caller display = bench.DisplayCaller();
  display.deadline = absl::Now() + absl::Milliseconds(200);
  EXPECT_FALSE(
      bench.Run(bench.reveals().Reveal(display, reveal_id, placed->order_id))
          .ok());
  restart();
  bench.Restart();
  const auto code = bench.Reveal(placed->order_id, reveal_id);
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_TRUE(bench.Get(placed->order_id).any_unknown);
}

}  // namespace
}  // namespace shiming::profile_order::testing

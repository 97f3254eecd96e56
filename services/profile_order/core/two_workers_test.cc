// Two instances of the service on one database: an order is in one worker's
// hands at a time, and what a dead one had in hand goes on at the other.
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "services/profile_order/store/sql_run_store.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using smdp::Function;

// Holds the first call of a function at the SM-DP+ until it is let go.
class HeldCall {
 public:
  HeldCall(FakeSmdp& smdp, Function function) : smdp_(smdp) {
    smdp_.OnCall([state = state_, function](Function called) {
      if (called == function) state->HoldFirst();
    });
  }
  ~HeldCall() {
    LetGo();
    smdp_.OnCall(nullptr);
  }

  void WaitUntilHeld() {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->was_held; });
  }
  void LetGo() {
    std::lock_guard lock(state_->mutex);
    state_->let_go = true;
    state_->changed.notify_all();
  }

 private:
  // A call may still be in it when the test has ended.
  struct State {
    void HoldFirst() {
      std::unique_lock lock(mutex);
      if (std::exchange(was_held, true)) return;
      changed.notify_all();
      changed.wait(lock, [this] { return let_go; });
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool was_held = false;
    bool let_go = false;
  };

  FakeSmdp& smdp_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

class TwoWorkersTest : public ::testing::Test {
 protected:
  TwoWorkersTest() : other_(bench_.StartOther()) { bench_.ImportStock(5); }

  Order Place() {
    session_ = bench_.authority().OpenSession();
    const auto order = bench_.Create(bench_.NewRequest(session_));
    EXPECT_TRUE(order.ok()) << order.status();
    return *order;
  }

  // The other worker has looked at the order and is done with it.
  void LookAtOther(const std::string& order_id) {
    other_.worker.Poke(order_id);
    while (!other_.worker.idle()) std::this_thread::yield();
  }

  OrderBench bench_;
  OrderBench::Instance other_;
  std::string session_;
};

TEST_F(TwoWorkersTest, ACallOnItsWayIsLeftToTheRunThatSentIt) {
  HeldCall held(bench_.smdp(), Function::kDownloadOrder);
  const Order placed = Place();
  held.WaitUntilHeld();
  const Order sent = bench_.Get(placed.order_id);
  LookAtOther(placed.order_id);
  const Order order = bench_.Get(placed.order_id);
  EXPECT_EQ(order.version, sent.version);
  ASSERT_TRUE(order.call.has_value());
  EXPECT_EQ(order.call->attempt, 1);
  held.LetGo();
  const Order ready = bench_.WaitForState(placed.order_id, OrderState::kReady);
  EXPECT_EQ(ready.state, OrderState::kReady);
  EXPECT_FALSE(ready.any_unknown);
  EXPECT_EQ(bench_.smdp().Calls(),
            (std::vector<Function>{Function::kDownloadOrder,
                                   Function::kConfirmOrder}));
}

// Goal: what the other instance decides meanwhile waits for the answer, as in
// one process: a cancelOrder must not overtake a downloadOrder.
TEST_F(TwoWorkersTest, ASessionThatEndsAtTheOtherWaitsForTheAnswer) {
  HeldCall held(bench_.smdp(), Function::kDownloadOrder);
  const Order placed = Place();
  held.WaitUntilHeld();
  Decide decide = [this](const Order& row) {
    return other_.machine.OnSessionEnd(row, EndCause::kSessionEnded,
                                       ToMicros(bench_.clock().Now()));
  };
  const auto ended =
      bench_.Run(other_.book.Update(placed.order_id, std::move(decide)));
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->state, OrderState::kCancelling);
  LookAtOther(placed.order_id);
  EXPECT_TRUE(bench_.smdp().Calls().empty());
  held.LetGo();
  const Order cancelled =
      bench_.WaitForState(placed.order_id, OrderState::kCancelled);
  EXPECT_EQ(cancelled.state, OrderState::kCancelled);
  EXPECT_FALSE(cancelled.any_unknown);
  EXPECT_EQ(cancelled.fate, IccidFate::kAvailable);
  EXPECT_EQ(bench_.smdp().Calls(),
            (std::vector<Function>{Function::kDownloadOrder,
                                   Function::kCancelOrder}));
}

TEST_F(TwoWorkersTest, EitherInstanceMayDoTheNextStep) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_EQ(ready.state, OrderState::kReady);
  const std::string request_id = bench_.NewUuid();
  const auto there = bench_.Run(other_.reveals.Reveal(
      bench_.DisplayCaller(), request_id, ready.order_id));
  ASSERT_TRUE(there.ok()) << there.status();
  const auto here = bench_.Reveal(ready.order_id, request_id);
  ASSERT_TRUE(here.ok()) << here.status();
  EXPECT_TRUE(here->code == there->code);
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid()).status(),
                Reason::REVEAL_TAKEN));
}

// Method: the run is cut off from its database while the call is on its way, as
// kill -9 does, and its leases run out.
TEST_F(TwoWorkersTest, WhatADeadInstanceHadInHandGoesOnAtTheOther) {
  HeldCall held(bench_.smdp(), Function::kConfirmOrder);
  const Order placed = Place();
  held.WaitUntilHeld();
  bench_.store().CrashAfter(0);
  held.LetGo();
  bench_.Stop();
  bench_.clock().Advance(absl::Seconds(11));
  const Order ready = bench_.WaitForState(placed.order_id, OrderState::kReady);
  EXPECT_EQ(ready.state, OrderState::kReady);
  EXPECT_TRUE(ready.any_unknown);
  EXPECT_EQ(bench_.smdp().CallIds(Function::kConfirmOrder).size(), 2u);
}

TEST_F(TwoWorkersTest, AnInstanceThatComesBackTakesItsOrdersAtOnce) {
  HeldCall held(bench_.smdp(), Function::kConfirmOrder);
  const Order placed = Place();
  held.WaitUntilHeld();
  bench_.store().CrashAfter(0);
  held.LetGo();
  // No time passes.
  bench_.Restart();
  const Order ready = bench_.WaitForState(placed.order_id, OrderState::kReady);
  EXPECT_EQ(ready.state, OrderState::kReady);
}

TEST_F(TwoWorkersTest, ALeaseHasAnEpochForEachTime) {
  LeaseClaim claim;
  claim.name = "test";
  claim.holder = "a";
  claim.now_us = 100;
  claim.until_us = 200;
  const auto hold = [&] {
    return bench_.Run(bench_.store().HoldLease(claim)).value_or(-1);
  };
  EXPECT_EQ(hold(), 1);
  claim.epoch = 1;
  claim.now_us = 150;
  claim.until_us = 250;
  EXPECT_EQ(hold(), 1);  // renewed
  claim.holder = "b";
  claim.epoch = 0;
  EXPECT_EQ(hold(), 0);
  claim.now_us = 251;
  claim.until_us = 400;
  EXPECT_EQ(hold(), 2);  // its time was over
  claim.holder = "a";
  claim.epoch = 1;
  EXPECT_EQ(hold(), 0);
  // Another life of the holder takes its own, under another epoch.
  claim.holder = "b";
  claim.epoch = 0;
  EXPECT_EQ(hold(), 3);
}

TEST_F(TwoWorkersTest, ARunIsOverByTimeByItsSuccessorAndByItsWord) {
  SqlRunStore runs(bench_.database());
  const auto is_live = [&](const std::string& run_id, int64_t now_us) {
    return bench_.Run(runs.IsLive(run_id, now_us)).value_or(false);
  };
  EXPECT_FALSE(is_live("x", 0));  // unknown
  ASSERT_TRUE(bench_.Run(runs.Begin("i", "x", 100)).ok());
  EXPECT_TRUE(is_live("x", 100));
  EXPECT_FALSE(is_live("x", 101));
  ASSERT_TRUE(bench_.Run(runs.Hold("i", "x", 200)).ok());
  EXPECT_TRUE(is_live("x", 200));
  // Of another instance; nothing to it.
  ASSERT_TRUE(bench_.Run(runs.Begin("j", "y", 200)).ok());
  EXPECT_TRUE(is_live("x", 200));
  ASSERT_TRUE(bench_.Run(runs.Begin("i", "z", 200)).ok());
  EXPECT_FALSE(is_live("x", 50));
  EXPECT_TRUE(is_live("z", 200));
  ASSERT_TRUE(bench_.Run(runs.End("z")).ok());
  EXPECT_FALSE(is_live("z", 50));
  // What is at work again is not forgotten, and one that was is there again.
  ASSERT_TRUE(bench_.Run(runs.Forget({"x", "y", "z"}, 150)).ok());
  EXPECT_TRUE(is_live("y", 200));
  EXPECT_FALSE(is_live("x", 50));
  ASSERT_TRUE(bench_.Run(runs.Hold("i", "x", 300)).ok());
  EXPECT_TRUE(is_live("x", 300));
}

}  // namespace
}  // namespace shiming::profile_order::testing

// What each lost answer of an ES2+ call leads to (sgp22 reference, section 12):
// the SM-DP+ of these tests gives repeats the unkindest answers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/status/reason.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using smdp::Function;
using Fault = FakeSmdp::Fault;

class LostAnswersTest : public ::testing::Test {
 protected:
  LostAnswersTest() { bench_.ImportStock(5); }

  // An order whose ES2+ calls meet what was planned.
  Order Place() {
    session_ = bench_.authority().OpenSession();
    const auto order = bench_.Create(bench_.NewRequest(session_));
    EXPECT_TRUE(order.ok()) << order.status();
    return *order;
  }

  Order CancelByClerk(const Order& order) {
    order::v1::CancelOrderRequest cancel;
    cancel.set_request_id(bench_.NewUuid());
    cancel.set_session_id(order.session_id);
    cancel.set_order_id(order.order_id);
    EXPECT_TRUE(
        bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel))
            .ok());
    return bench_.WaitFor(order.order_id, [](const Order& row) {
      return IsEnd(row.state) || row.state == OrderState::kFrozen ||
             row.state == OrderState::kDownloading ||
             row.cancel_refused_us != 0;
    });
  }

  bool SameCallIds(Function function, size_t count) {
    const std::vector<std::string> ids = bench_.smdp().CallIds(function);
    if (ids.size() != count) return false;
    for (const std::string& id : ids) {
      if (id != ids.front()) return false;
    }
    return true;
  }

  OrderBench bench_;
  std::string session_;
};

TEST_F(LostAnswersTest, LostDownloadOrderIsRepeatedAndThreeThreeIsTakenAsOurs) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kLoseAnswer);
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_EQ(ready.state, OrderState::kReady);
  EXPECT_TRUE(SameCallIds(Function::kDownloadOrder, 2));
  EXPECT_TRUE(ready.any_unknown);
}

TEST_F(LostAnswersTest, DroppedAndUnsentRequestsAreRepeated) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kLoseRequest);
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kNotSent);
  bench_.smdp().Next(Function::kConfirmOrder, Fault::kLoseRequest);
  bench_.smdp().Next(Function::kReleaseProfile, Fault::kLoseRequest);
  bench_.smdp().Next(Function::kReleaseProfile, Fault::kNotSent);
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_EQ(ready.state, OrderState::kReady);
  EXPECT_TRUE(SameCallIds(Function::kDownloadOrder, 3));
  EXPECT_TRUE(SameCallIds(Function::kConfirmOrder, 2));
  const auto code = bench_.Reveal(ready.order_id, bench_.NewUuid());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_TRUE(SameCallIds(Function::kReleaseProfile, 3));
}

TEST_F(LostAnswersTest, LostConfirmOrderIsOursByItsMatchingId) {
  bench_.smdp().Next(Function::kConfirmOrder, Fault::kLoseAnswer);
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_EQ(ready.state, OrderState::kReady);
  EXPECT_TRUE(SameCallIds(Function::kConfirmOrder, 2));
  const auto code = bench_.Reveal(ready.order_id, bench_.NewUuid());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->code.matching_id(), bench_.smdp().MatchingIdOf(ready.iccid));
}

TEST_F(LostAnswersTest, LostReleaseProfileIsRepeated) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  bench_.smdp().Next(Function::kReleaseProfile, Fault::kLoseAnswer);
  EXPECT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
}

TEST_F(LostAnswersTest, ReleasedByALostAnswerAndDownloadedSince) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  bench_.smdp().Next(Function::kReleaseProfile, Fault::kLoseAnswer);
  // The phone is served before the repeat, which then gets 8.2.1/3.5.
  int calls = 0;
  bench_.smdp().OnCall([&](Function function) {
    if (function == Function::kReleaseProfile && ++calls == 2) {
      bench_.smdp().SetState(ready.iccid, FakeSmdp::State::kDownloaded);
    }
  });
  EXPECT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
}

TEST_F(LostAnswersTest, MatchingIdInUseWithoutALostAnswerGetsAnotherOne) {
  bench_.smdp().Next(Function::kConfirmOrder, Fault::kRefuse, "8.2.6/3.3");
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_EQ(ready.state, OrderState::kReady);
  EXPECT_EQ(ready.matching_id_count, 2);
  const std::vector<std::string> ids =
      bench_.smdp().CallIds(Function::kConfirmOrder);
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_NE(ids[0], ids[1]);
}

TEST_F(LostAnswersTest, RefusedDownloadOrderFailsWithoutCancelOrder) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "8.2.5/3.8");
  const Order failed =
      bench_.WaitForState(Place().order_id, OrderState::kFailed);
  EXPECT_EQ(failed.state, OrderState::kFailed);
  EXPECT_EQ(failed.failed_reason, "SMDP_REFUSED");
  EXPECT_EQ(failed.status_code, "8.2.5/3.8");
  EXPECT_TRUE(bench_.smdp().CallIds(Function::kCancelOrder).empty());
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.person_live, 0);
  EXPECT_EQ(tally.eid_live, 0);
  EXPECT_EQ(tally.iccids_available, 5);
  EXPECT_EQ(tally.numbers_free, 5);
}

TEST_F(LostAnswersTest, UnknownIccidBecomesUnavailable) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "8.2.1/3.9");
  bench_.WaitForState(Place().order_id, OrderState::kFailed);
  EXPECT_EQ(bench_.Count().iccids_unavailable, 1);
}

TEST_F(LostAnswersTest, ThreeThreeWithoutALostAnswerHoldsTheIccid) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "8.2.1/3.3");
  bench_.WaitForState(Place().order_id, OrderState::kFailed);
  EXPECT_EQ(bench_.Count().iccids_held, 1);
  EXPECT_EQ(bench_.Count().person_live, 0);
}

TEST_F(LostAnswersTest, AnotherEidOnTheOrderIsNotOursAndIsNotCancelled) {
  // downloadOrder was lost, its repeat finds somebody else's order.
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kLoseRequest);
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "8.2.1/3.3");
  bench_.smdp().Next(Function::kConfirmOrder, Fault::kRefuse, "8.1.1/3.10");
  const Order failed =
      bench_.WaitForState(Place().order_id, OrderState::kFailed);
  EXPECT_EQ(failed.state, OrderState::kFailed);
  EXPECT_TRUE(bench_.smdp().CallIds(Function::kCancelOrder).empty());
  EXPECT_EQ(bench_.Count().iccids_held, 1);
}

TEST_F(LostAnswersTest, RefusedConfirmOrderIsCancelled) {
  bench_.smdp().Next(Function::kConfirmOrder, Fault::kRefuse, "8.1.1/2.2");
  const Order failed =
      bench_.WaitForState(Place().order_id, OrderState::kFailed);
  EXPECT_EQ(failed.status_code, "8.1.1/2.2");
  EXPECT_EQ(bench_.smdp().CallIds(Function::kCancelOrder).size(), 1u);
  EXPECT_EQ(bench_.smdp().StateOf(failed.iccid), FakeSmdp::State::kAvailable);
  EXPECT_EQ(bench_.Count().iccids_available, 5);
}

TEST_F(LostAnswersTest, RefusedReleaseProfileFails) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  bench_.smdp().Next(Function::kReleaseProfile, Fault::kRefuse, "8.2.1/3.5");
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid()).status(),
                Reason::CODE_DEAD));
  EXPECT_EQ(bench_.WaitForState(ready.order_id, OrderState::kFailed).state,
            OrderState::kFailed);
}

TEST_F(LostAnswersTest, RefusalsThatPassAreRepeated) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "1.6/4.2");
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "8.9/5.1");
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  EXPECT_EQ(ready.state, OrderState::kReady);
  EXPECT_TRUE(SameCallIds(Function::kDownloadOrder, 3));
}

TEST_F(LostAnswersTest, UnknownCodesAndNoCodesArePermanent) {
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "1.6/2.1");
  EXPECT_EQ(bench_.WaitForState(Place().order_id, OrderState::kFailed).state,
            OrderState::kFailed);
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kRefuse, "");
  EXPECT_EQ(bench_.WaitForState(Place().order_id, OrderState::kFailed).state,
            OrderState::kFailed);
}

TEST_F(LostAnswersTest, CancelWhileDownloadOrderIsUnknownSettlesItFirst) {
  // The first attempt is lost; before its repeat the clerk cancels.
  bench_.smdp().Next(Function::kDownloadOrder, Fault::kLoseRequest);
  std::string order_id;
  const Order placed = Place();
  const Order ended = CancelByClerk(placed);
  EXPECT_EQ(ended.state, OrderState::kCancelled);
  EXPECT_EQ(bench_.smdp().StateOf(placed.iccid), FakeSmdp::State::kAvailable);
  const Tally tally = bench_.Count();
  EXPECT_EQ(tally.iccids_ordered, 0);
  EXPECT_EQ(tally.person_live, 0);
}

TEST_F(LostAnswersTest, LostCancelOrderOfAnUnreleasedProfileIsSure) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  bench_.smdp().Next(Function::kCancelOrder, Fault::kLoseAnswer);
  const Order ended = CancelByClerk(ready);
  EXPECT_EQ(ended.state, OrderState::kCancelled);
  EXPECT_TRUE(SameCallIds(Function::kCancelOrder, 2));
  // Never used again until somebody has looked.
  EXPECT_EQ(bench_.Count().iccids_available, 4);
  EXPECT_EQ(bench_.Count().person_live, 0);
}

TEST_F(LostAnswersTest, LostCancelOrderOfAReleasedProfile) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  bench_.smdp().Next(Function::kCancelOrder, Fault::kLoseAnswer);
  const Order ended = CancelByClerk(ready);
  EXPECT_EQ(ended.state, OrderState::kCancelled);
  EXPECT_EQ(bench_.Count().iccids_unavailable, 1);
}

TEST_F(LostAnswersTest, LostConfirmOrderThatNeverArrivedIsCancelledWithoutId) {
  // confirmOrder stays unknown until the clerk cancels.
  for (int i = 0; i < 1000; ++i) {
    bench_.smdp().Next(Function::kConfirmOrder, Fault::kLoseRequest);
  }
  const Order placed = Place();
  bench_.WaitFor(placed.order_id, [](const Order& row) {
    return row.call.has_value() &&
           row.call->function == Function::kConfirmOrder &&
           row.call->attempt >= 2;
  });
  const Order ended = CancelByClerk(placed);
  EXPECT_EQ(ended.state, OrderState::kCancelled);
  // The first cancelOrder named a matching ID that the SM-DP+ never got.
  EXPECT_EQ(bench_.smdp().CallIds(Function::kCancelOrder).size(), 2u);
  EXPECT_EQ(bench_.Count().iccids_held, 1);
}

TEST_F(LostAnswersTest, DownloadWonAgainstTheCancel) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  bench_.smdp().SetState(ready.iccid, FakeSmdp::State::kDownloaded);
  const Order won = CancelByClerk(ready);
  EXPECT_EQ(won.state, OrderState::kDownloading);
  ASSERT_TRUE(bench_.Notice(ready, 4, "").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kInstalled);
  EXPECT_EQ(bench_.Count().person_live, 1);
  EXPECT_EQ(bench_.Count().iccids_installed, 1);
}

TEST_F(LostAnswersTest, DownloadedWithoutInstallNoticeFreezesAfterADay) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  bench_.smdp().SetState(ready.iccid, FakeSmdp::State::kDownloaded);
  CancelByClerk(ready);
  bench_.clock().Advance(absl::Hours(23));
  bench_.worker().Poke(ready.order_id);
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kDownloading);
  bench_.clock().Advance(absl::Hours(1));
  const Order frozen = bench_.WaitForState(ready.order_id, OrderState::kFrozen);
  EXPECT_EQ(frozen.state, OrderState::kFrozen);
  EXPECT_EQ(bench_.Count().iccids_held, 1);
  EXPECT_EQ(bench_.Count().person_live, 1);
}

TEST_F(LostAnswersTest, RefusedCancelOrderFreezes) {
  const Order ready = bench_.WaitForState(Place().order_id, OrderState::kReady);
  bench_.smdp().Next(Function::kCancelOrder, Fault::kRefuse, "8.2.1/1.2");
  const Order frozen = CancelByClerk(ready);
  EXPECT_EQ(frozen.state, OrderState::kFrozen);
  EXPECT_EQ(bench_.Count().person_live, 1);
}

}  // namespace
}  // namespace shiming::profile_order::testing

// What the state machine lets through and what it refuses, without I/O.
#include "services/profile_order/core/order_machine.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/fake_random.h"
#include "common/status/reason.h"

namespace shiming::profile_order {
namespace {

constexpr int64_t kNow = 1'800'000'000'000'000;
constexpr char kRun[] = "run-1";

// Keys in clear: nothing here is secret.
class PlainKeys final : public identity::KeyProvider {
 public:
  absl::StatusOr<std::string> Wrap(const crypto::Secret& key,
                                   std::string_view) const override {
    return std::string(key.Reveal());
  }
  absl::StatusOr<crypto::Secret> Unwrap(std::string_view wrapped,
                                        std::string_view) const override {
    return crypto::Secret(std::string(wrapped));
  }
  crypto::Suite suite() const override { return crypto::Suite::kInternational; }
};

class OrderMachineTest : public ::testing::Test {
 protected:
  OrderMachineTest() {
    order_.order_id = std::string(32, 'a');
    order_.session_id = "s";
    order_.person_id = std::string(32, 'b');
    order_.msisdn = "8613900000000";
    order_.eid = "89049032123451234512345678901235";
    order_.iccid = "8986011123456789014";
    order_.smdp = "smdp-1";
    order_.version = 1;
    OrderSecrets secrets{.matching_id = vault_.NewMatchingId(),
                         .code_salt = vault_.NewSalt()};
    EXPECT_TRUE(vault_.Seal(secrets, order_).ok());
    machine_.Place(order_, kNow);
  }

  smdp::Answer Done() {
    smdp::Answer answer;
    answer.kind = smdp::Answer::Kind::kDone;
    return answer;
  }

  // Answers the open call; the order moves on.
  void Answer(const smdp::Answer& answer) {
    const auto change = machine_.OnAnswer(order_, order_.call->number,
                                          order_.call->attempt, answer, kNow);
    ASSERT_TRUE(change.ok()) << change.status();
    ASSERT_TRUE(change->has_value());
    last_ = **change;
    order_ = last_.order;
  }

  Order InState(OrderState state) const {
    Order order = order_;
    order.state = state;
    return order;
  }

  crypto::FakeRandom random_{3};
  PlainKeys keys_;
  OrderEvents events_{crypto::Secret(std::string(32, 'k'))};
  OrderVault vault_{keys_, random_};
  OrderMachine machine_{{.events = events_,
                         .vault = vault_,
                         .random = random_,
                         .default_addresses = {{"smdp-1", "SMDP.TEST"}},
                         .run_id = kRun}};
  Order order_;
  Change last_;
};

const std::vector<OrderState> kAll = {
    OrderState::kOrdering, OrderState::kReady,       OrderState::kRevealing,
    OrderState::kRevealed, OrderState::kDownloading, OrderState::kInstalled,
    OrderState::kClosed,   OrderState::kCancelling,  OrderState::kCancelled,
    OrderState::kExpired,  OrderState::kFailed,      OrderState::kFrozen};

TEST_F(OrderMachineTest, CancelIsForOrdersThatAreNotYetDownloading) {
  const std::set<OrderState> cancellable = {
      OrderState::kOrdering, OrderState::kReady, OrderState::kRevealing,
      OrderState::kRevealed};
  for (OrderState state : kAll) {
    const auto change = machine_.Cancel(InState(state), EndCause::kClerk, kNow);
    if (cancellable.contains(state)) {
      ASSERT_TRUE(change.ok() && change->has_value()) << NameOf(state);
      EXPECT_EQ((*change)->order.cause, EndCause::kClerk);
    } else if (state == OrderState::kCancelling) {
      EXPECT_TRUE(change.ok() && !change->has_value());
    } else {
      EXPECT_EQ(change.status().code(), absl::StatusCode::kFailedPrecondition)
          << NameOf(state);
    }
  }
}

TEST_F(OrderMachineTest, RevealIsForReadyOrders) {
  const RevealPermit permit{.request_id = "r", .permit_id = "p"};
  const std::set<OrderState> allowed = {OrderState::kReady};
  for (OrderState state : kAll) {
    Order order = InState(state);
    const auto change = machine_.Reveal(order, permit, kNow);
    EXPECT_EQ(change.ok(), allowed.contains(state)) << NameOf(state);
    if (!change.ok()) {
      EXPECT_EQ(change.status().code(), absl::StatusCode::kFailedPrecondition);
    }
  }
}

TEST_F(OrderMachineTest, RevealingAndRevealedKnowTheirRequest) {
  for (OrderState state : {OrderState::kRevealing, OrderState::kRevealed}) {
    Order order = InState(state);
    order.reveal_request_id = "r";
    EXPECT_TRUE(machine_.CheckReveal(order, "r", kNow).ok());
    EXPECT_TRUE(HasReason(machine_.CheckReveal(order, "other", kNow),
                          Reason::REVEAL_TAKEN));
  }
}

TEST_F(OrderMachineTest, CodeIsDeadAfterItsTimeAndAfterTheSession) {
  Order order = InState(OrderState::kRevealed);
  order.reveal_request_id = "r";
  order.expire_us = kNow + 1;
  EXPECT_TRUE(machine_.CheckReveal(order, "r", kNow).ok());
  EXPECT_TRUE(
      HasReason(machine_.CheckReveal(order, "r", kNow + 1), Reason::CODE_DEAD));
  order.session_over = true;
  EXPECT_TRUE(
      HasReason(machine_.CheckReveal(order, "r", kNow), Reason::CODE_DEAD));
}

TEST_F(OrderMachineTest, EachAnswerLeadsToTheNextCall) {
  EXPECT_EQ(order_.call->function, smdp::Function::kDownloadOrder);
  Answer(Done());
  EXPECT_EQ(order_.call->function, smdp::Function::kConfirmOrder);
  EXPECT_EQ(order_.call->number, 2);
  Answer(Done());
  EXPECT_EQ(order_.state, OrderState::kReady);
  ASSERT_EQ(last_.events.size(), 1u);
  EXPECT_EQ(last_.events[0].kind(), ledger::v1::EVENT_KIND_ORDER_READY);
  EXPECT_EQ(order_.smdp_address, "SMDP.TEST");
}

TEST_F(OrderMachineTest, AnAnswerOfAnotherAttemptIsOnlyAnObservation) {
  const auto change = machine_.OnAnswer(order_, 1, 2, Done(), kNow);
  ASSERT_TRUE(change.ok() && change->has_value());
  EXPECT_TRUE((*change)->observation.has_value());
  EXPECT_EQ((*change)->order.call->state, CallState::kSent);
  EXPECT_EQ((*change)->order.state, OrderState::kOrdering);
}

TEST_F(OrderMachineTest, AnotherMatchingIdInTheAnswerIsAnAlarm) {
  Answer(Done());
  smdp::Answer other = Done();
  other.matching_id = crypto::Secret("ANOTHER");
  Answer(other);
  EXPECT_EQ(order_.state, OrderState::kCancelling);
  EXPECT_EQ(last_.events[0].kind(), ledger::v1::EVENT_KIND_ALARM);
}

TEST_F(OrderMachineTest, AnAddressThatMakesNoCodeFailsTheOrder) {
  Answer(Done());
  smdp::Answer bad = Done();
  bad.smdp_address = "no host name$";
  Answer(bad);
  EXPECT_EQ(order_.state, OrderState::kCancelling);
  EXPECT_EQ(order_.call->function, smdp::Function::kCancelOrder);
}

TEST_F(OrderMachineTest, ASentCallOfARunThatIsOverHasLostItsAnswer) {
  order_.call->sender = "run-0";
  const auto change = machine_.Advance(order_, true, kNow, "run-0");
  ASSERT_TRUE(change.ok() && change->has_value());
  EXPECT_EQ((*change)->order.call->attempt, 2);
  EXPECT_TRUE((*change)->order.call->earlier_unknown);
  EXPECT_TRUE((*change)->order.any_unknown);
  EXPECT_EQ((*change)->order.call->call_id, order_.call->call_id);
}

TEST_F(OrderMachineTest, ACallOfThisRunThatWasNotSentIsLeftAlone) {
  const auto change = machine_.Advance(order_, true, kNow, "");
  ASSERT_TRUE(change.ok());
  EXPECT_FALSE(change->has_value());
}

// Goal: of two instances only one has an order's call in hand, whichever of
// them is told to look at the order.
TEST_F(OrderMachineTest, AnOpenCallOfAnotherRunIsLeftToItWhileACallMayTake) {
  order_.call->sender = "run-2";
  order_.call->sent_us = kNow;
  const int64_t over = kNow + absl::ToInt64Microseconds(kCallInFlight);
  for (CallState state :
       {CallState::kSent, CallState::kUnknown, CallState::kNotSent}) {
    order_.call->state = state;
    for (OrderState in : {OrderState::kOrdering, OrderState::kRevealing,
                          OrderState::kCancelling}) {
      for (const char* ended : {"", "run-0"}) {
        const auto change =
            machine_.Advance(InState(in), true, over - 1, ended);
        ASSERT_TRUE(change.ok());
        EXPECT_FALSE(change->has_value()) << NameOf(in);
      }
      for (const auto& [ended, now_us] :
           {std::pair("run-2", over - 1), std::pair("", over)}) {
        const auto change = machine_.Advance(InState(in), true, now_us, ended);
        ASSERT_TRUE(change.ok() && change->has_value()) << NameOf(in);
        EXPECT_EQ((*change)->order.call->sender, kRun);
        EXPECT_EQ((*change)->order.call->attempt, 2);
      }
    }
  }
}

TEST_F(OrderMachineTest, ACallThatIsSettledHoldsUpNobody) {
  Order ready = InState(OrderState::kReady);
  ready.call->sender = "run-2";
  ready.call->state = CallState::kDone;
  ready.expire_us = kNow;
  const auto change = machine_.Advance(ready, false, kNow, "");
  ASSERT_TRUE(change.ok() && change->has_value());
  EXPECT_EQ((*change)->order.state, OrderState::kCancelling);
}

TEST_F(OrderMachineTest, NoticesNeverStepBackwards) {
  DownloadNotice begun{.point = 1, .success = true};
  Order installed = InState(OrderState::kInstalled);
  installed.release = Effect::kCertain;
  const auto change = machine_.OnNotice(installed, begun, kNow);
  ASSERT_TRUE(change.ok() && change->has_value());
  EXPECT_EQ((*change)->order.state, OrderState::kInstalled);
}

TEST_F(OrderMachineTest, PointsThatAreNotOursAreRecordedOnly) {
  Order revealed = InState(OrderState::kRevealed);
  revealed.release = Effect::kCertain;
  for (int point : {0, 2, 5, 6, 101}) {
    const auto change =
        machine_.OnNotice(revealed, {.point = point, .success = true}, kNow);
    ASSERT_TRUE(change.ok() && change->has_value());
    EXPECT_EQ((*change)->order.state, OrderState::kRevealed) << point;
    EXPECT_EQ((*change)->events.size(), 1u);
  }
}

TEST_F(OrderMachineTest, InstalledAfterTheEndAlarms) {
  Order ended = InState(OrderState::kCancelled);
  const auto change =
      machine_.OnNotice(ended, {.point = 4, .success = true}, kNow);
  ASSERT_TRUE(change.ok() && change->has_value());
  EXPECT_EQ((*change)->order.state, OrderState::kCancelled);
  EXPECT_EQ((*change)->events[0].kind(), ledger::v1::EVENT_KIND_ALARM);
}

TEST_F(OrderMachineTest, MatchingIdsAreLongAndOfTheRightCharacters) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id(vault_.NewMatchingId().Reveal());
    EXPECT_EQ(id.size(), 31u);  // 26 and five hyphens
    EXPECT_EQ(id.find_first_not_of("23456789ABCDEFGHJKLMNPQRSTUVWXYZ-"),
              std::string::npos);
    EXPECT_EQ(id[5], '-');
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace shiming::profile_order

// Whole issuances through the core on a real store: happy path, refusals of
// CreateOrder, download notices, cancel, expiry.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/status/reason.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using smdp::Function;

class IssuanceTest : public ::testing::Test {
 protected:
  IssuanceTest() { bench_.ImportStock(20); }

  int64_t Events(ledger::v1::EventKind kind, const std::string& order_id) {
    int64_t count = 0;
    for (const ledger::v1::Event& event : bench_.ledger().Events()) {
      if (event.kind() == kind && event.order() == order_id) ++count;
    }
    return count;
  }

  // Waits until the ledger has an event of this kind for the order.
  bool OnRecord(ledger::v1::EventKind kind, const std::string& order_id) {
    return bench_.ledger().WaitUntil([&](const outbox::FakeLedger& ledger) {
      for (const ledger::v1::Event& event : ledger.Events()) {
        if (event.kind() == kind && event.order() == order_id) return true;
      }
      return false;
    });
  }

  OrderBench bench_;
};

TEST_F(IssuanceTest, FromOrderToInstalledAndClosed) {
  const std::string session = bench_.authority().OpenSession();
  const auto request = bench_.NewRequest(session);
  const absl::StatusOr<Order> placed = bench_.Create(request);
  ASSERT_TRUE(placed.ok()) << placed.status();
  EXPECT_EQ(placed->state, OrderState::kOrdering);

  const Order ready = bench_.WaitForState(placed->order_id, OrderState::kReady);
  ASSERT_EQ(ready.state, OrderState::kReady);
  EXPECT_EQ(bench_.smdp().StateOf(ready.iccid), FakeSmdp::State::kConfirmed);
  EXPECT_EQ(bench_.smdp().EidOf(ready.iccid), kEid);

  const std::string request_id = bench_.NewUuid();
  const absl::StatusOr<RevealedCode> code =
      bench_.Reveal(ready.order_id, request_id);
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->code.smdp_address(), kSmdpAddress);
  EXPECT_EQ(code->code.matching_id(), bench_.smdp().MatchingIdOf(ready.iccid));
  EXPECT_EQ(bench_.smdp().StateOf(ready.iccid), FakeSmdp::State::kReleased);
  EXPECT_EQ(Events(ledger::v1::EVENT_KIND_CODE_REVEALED, ready.order_id), 1);

  // The same request again gives the same code.
  const absl::StatusOr<RevealedCode> again =
      bench_.Reveal(ready.order_id, request_id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->code == code->code);

  const Order revealed = bench_.Get(ready.order_id);
  ASSERT_TRUE(bench_.Notice(revealed, 1, "").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kDownloading);
  EXPECT_TRUE(HasReason(bench_.Reveal(ready.order_id, request_id).status(),
                        Reason::CODE_USED));
  ASSERT_TRUE(bench_.Notice(revealed, 3, "").ok());
  ASSERT_TRUE(bench_.Notice(revealed, 4, "").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kInstalled);
  EXPECT_TRUE(
      OnRecord(ledger::v1::EVENT_KIND_PROFILE_INSTALLED, ready.order_id));

  order::v1::GetReceiptRequest receipt_request;
  receipt_request.set_session_id(session);
  receipt_request.set_order_id(ready.order_id);
  const auto receipt = bench_.Run(
      bench_.orders().GetReceipt(bench_.TerminalCaller(), receipt_request));
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  for (const ledger::v1::CommitmentOpening& opening : receipt->openings()) {
    EXPECT_NE(opening.field(), ledger::v1::COMMITMENT_FIELD_ACTIVATION_CODE);
  }

  const std::string order_id = ready.order_id;
  ASSERT_TRUE(
      bench_
          .Run(bench_.book().Update(order_id,
                                    [this](const Order& order) {
                                      return bench_.machine().OnSessionEnd(
                                          order, EndCause::kSessionEnded,
                                          ToMicros(bench_.clock().Now()));
                                    }))
          .ok());
  bench_.worker().Poke(order_id);
  EXPECT_EQ(bench_.WaitForState(order_id, OrderState::kClosed).state,
            OrderState::kClosed);
  EXPECT_TRUE(OnRecord(ledger::v1::EVENT_KIND_ORDER_CLOSED, order_id));
  EXPECT_EQ(bench_.Count().iccids_installed, 1);
  EXPECT_EQ(bench_.Count().numbers_assigned, 1);
}

TEST_F(IssuanceTest, AddressOfConfirmOrderIsUsed) {
  bench_.smdp().set_address("OTHER.EXAMPLE.TEST");
  const Order ready = bench_.PlaceReady();
  const auto code = bench_.Reveal(ready.order_id, bench_.NewUuid());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->code.smdp_address(), "OTHER.EXAMPLE.TEST");
}

TEST_F(IssuanceTest, RepeatedCreateOrderGivesTheSameOrder) {
  const std::string session = bench_.authority().OpenSession();
  const auto request = bench_.NewRequest(session);
  const auto first = bench_.Create(request);
  ASSERT_TRUE(first.ok());
  // Also after the attestation has expired.
  bench_.clock().Advance(absl::Minutes(16));
  const auto second = bench_.Create(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->order_id, second->order_id);
  auto other = request;
  other.set_profile_type("OTHER");
  EXPECT_TRUE(
      HasReason(bench_.Create(other).status(), Reason::REQUEST_ID_REUSED));
  EXPECT_EQ(bench_.Count().orders, 1);
}

TEST_F(IssuanceTest, EachWrongAttestationHasItsOwnReason) {
  const std::string session = bench_.authority().OpenSession();
  const struct {
    Reason reason;
    std::function<void(identity::v1::Attestation&)> change;
  } cases[] = {
      {Reason::ATTESTATION_EXPIRED,
       [](auto& a) { a.mutable_expire_time()->set_seconds(1'700'000'000); }},
      {Reason::ATTESTATION_INVALID,
       [](auto& a) { a.set_audience("/svc/appointment"); }},
      {Reason::ATTESTATION_OTHER_SESSION,
       [](auto& a) { a.set_session_id("session-99"); }},
      {Reason::ATTESTATION_OTHER_TERMINAL,
       [](auto& a) { a.set_terminal("s1/t2"); }},
      {Reason::ATTESTATION_OTHER_SHOP, [](auto& a) { a.set_shop("s2"); }},
      {Reason::ATTESTATION_OTHER_CLERK, [](auto& a) { a.set_clerk("c2"); }},
      {Reason::ATTESTATION_OTHER_KIND,
       [](auto& a) {
         a.set_order_kind(identity::v1::ORDER_KIND_DEVICE_CHANGE);
       }},
      {Reason::DEVICE_COMMITMENT_MISMATCH,
       [](auto& a) { a.set_device_commitment(std::string(32, 'x')); }},
  };
  for (const auto& wrong : cases) {
    auto request = bench_.NewRequest(session);
    bench_.SignAgain(request, wrong.change);
    const auto order = bench_.Create(request);
    EXPECT_TRUE(HasReason(order.status(), wrong.reason)) << order.status();
  }
  auto unsigned_request = bench_.NewRequest(session);
  unsigned_request.mutable_attestation()->mutable_signature()->at(5) ^= 1;
  EXPECT_TRUE(HasReason(bench_.Create(unsigned_request).status(),
                        Reason::ATTESTATION_INVALID));
  EXPECT_EQ(bench_.Count().orders, 0);
  EXPECT_EQ(bench_.Count().attestations_spent, 0);
}

TEST_F(IssuanceTest, AnotherEidThanTheEvidencesIsRefused) {
  const std::string session = bench_.authority().OpenSession();
  auto request = bench_.NewRequest(session);
  request.mutable_device()->set_eid(kOtherEid);
  EXPECT_TRUE(HasReason(bench_.Create(request).status(),
                        Reason::DEVICE_COMMITMENT_MISMATCH));
}

TEST_F(IssuanceTest, AnAttestationMakesOneOrder) {
  const std::string session = bench_.authority().OpenSession();
  const auto request = bench_.NewRequest(session);
  ASSERT_TRUE(bench_.Create(request).ok());
  auto second = bench_.NewRequest(session);
  *second.mutable_attestation() = request.attestation();
  EXPECT_TRUE(
      HasReason(bench_.Create(second).status(), Reason::ATTESTATION_USED));
  EXPECT_EQ(bench_.Count().orders, 1);
  EXPECT_EQ(bench_.Count().eid_live, 1);
}

TEST_F(IssuanceTest, NumbersElsewhereCount) {
  const std::string session = bench_.authority().OpenSession();
  EXPECT_TRUE(HasReason(
      bench_.Create(bench_.NewRequest(session, kEid, "", 1, 5)).status(),
      Reason::PERSON_LIMIT_REACHED));
  EXPECT_TRUE(bench_.Create(bench_.NewRequest(session, kEid, "", 1, 4)).ok());
}

TEST_F(IssuanceTest, ThirdNumberOnAnEidIsRefused) {
  const std::string session = bench_.authority().OpenSession();
  ASSERT_TRUE(bench_.Create(bench_.NewRequest(session)).ok());
  ASSERT_TRUE(bench_.Create(bench_.NewRequest(session)).ok());
  EXPECT_TRUE(HasReason(bench_.Create(bench_.NewRequest(session)).status(),
                        Reason::EID_LIMIT_REACHED));
}

TEST_F(IssuanceTest, WithoutTerminalSessionNothingHappens) {
  const std::string session = bench_.authority().OpenSession();
  const auto request = bench_.NewRequest(session);
  bench_.authority().Fail(MakeError(Reason::DEPENDENCY_UNAVAILABLE, "away"));
  EXPECT_TRUE(HasReason(bench_.Create(request).status(),
                        Reason::DEPENDENCY_UNAVAILABLE));
  EXPECT_EQ(bench_.Count().orders, 0);
}

TEST_F(IssuanceTest, AnotherDisplayAndAnotherRequestAreRefused) {
  const Order ready = bench_.PlaceReady();
  bench_.authority().OpenSession(2);
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid(), 2).status(),
                Reason::ORDER_OTHER_DISPLAY));
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid()).status(),
                Reason::REVEAL_TAKEN));
}

TEST_F(IssuanceTest, NoCodeAfterTheSessionClosed) {
  const Order ready = bench_.PlaceReady();
  bench_.authority().CloseSession(ready.session_id);
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid()).status(),
                Reason::SESSION_NOT_OPEN));
  EXPECT_EQ(bench_.smdp().StateOf(ready.iccid), FakeSmdp::State::kConfirmed);
}

TEST_F(IssuanceTest, ARowSetBackByHandShowsNothing) {
  const Order ready = bench_.PlaceReady();
  const std::string request_id = bench_.NewUuid();
  ASSERT_TRUE(bench_.Reveal(ready.order_id, request_id).ok());
  SetStateByHand(bench_.database(), OrderState::kReady);
  const auto again = bench_.Reveal(ready.order_id, request_id);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kDataLoss)
      << again.status();
  // Nor when the row is made to look right again.
  SetStateByHand(bench_.database(), OrderState::kRevealed);
  EXPECT_FALSE(bench_.Reveal(ready.order_id, request_id).ok());
}

TEST_F(IssuanceTest, LedgerThatIsAwayShowsNothingUntilItIsBack) {
  const Order ready = bench_.PlaceReady();
  const std::string request_id = bench_.NewUuid();
  ASSERT_TRUE(OnRecord(ledger::v1::EVENT_KIND_ORDER_READY, ready.order_id));
  bench_.ledger().FailCalls(1'000'000, false);
  Caller display = bench_.DisplayCaller();
  display.deadline = absl::Now() + absl::Milliseconds(300);
  const auto none =
      bench_.Run(bench_.reveals().Reveal(display, request_id, ready.order_id));
  EXPECT_FALSE(none.ok());
  bench_.ledger().FailCalls(0, false);
  EXPECT_TRUE(bench_.Reveal(ready.order_id, request_id).ok());
}

TEST_F(IssuanceTest, ClerkCancelsAndEverythingComesBack) {
  const Order ready = bench_.PlaceReady();
  order::v1::CancelOrderRequest cancel;
  cancel.set_request_id(bench_.NewUuid());
  cancel.set_session_id(ready.session_id);
  cancel.set_order_id(ready.order_id);
  ASSERT_TRUE(
      bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel)).ok());
  const Order ended =
      bench_.WaitForState(ready.order_id, OrderState::kCancelled);
  EXPECT_EQ(ended.state, OrderState::kCancelled);
  EXPECT_EQ(ended.cause, EndCause::kClerk);
  EXPECT_TRUE(bench_.smdp().last_cancel_was_available());
  EXPECT_EQ(bench_.Count().iccids_available, 20);
  EXPECT_EQ(bench_.Count().numbers_free, 20);
  EXPECT_EQ(bench_.Count().person_live, 0);
  EXPECT_EQ(bench_.Count().eid_live, 0);
  EXPECT_TRUE(OnRecord(ledger::v1::EVENT_KIND_ORDER_CANCELLED, ready.order_id));
  // The same request again: its present state.
  EXPECT_TRUE(
      bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel)).ok());
}

TEST_F(IssuanceTest, CancelAfterRevealMakesTheIccidUnavailable) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  order::v1::CancelOrderRequest cancel;
  cancel.set_request_id(bench_.NewUuid());
  cancel.set_session_id(ready.session_id);
  cancel.set_order_id(ready.order_id);
  ASSERT_TRUE(
      bench_.Run(bench_.orders().Cancel(bench_.TerminalCaller(), cancel)).ok());
  bench_.WaitForState(ready.order_id, OrderState::kCancelled);
  EXPECT_EQ(bench_.smdp().StateOf(ready.iccid), FakeSmdp::State::kUnavailable);
  EXPECT_EQ(bench_.Count().iccids_unavailable, 1);
}

TEST_F(IssuanceTest, ReadyAndCodeExpire) {
  const Order ready = bench_.PlaceReady();
  bench_.clock().Advance(absl::Minutes(15));
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid()).status(),
                Reason::CODE_DEAD));
  EXPECT_EQ(bench_.WaitForState(ready.order_id, OrderState::kExpired).state,
            OrderState::kExpired);

  const Order second = bench_.PlaceReady();
  const std::string request_id = bench_.NewUuid();
  ASSERT_TRUE(bench_.Reveal(second.order_id, request_id).ok());
  bench_.clock().Advance(absl::Minutes(29));
  EXPECT_TRUE(bench_.Reveal(second.order_id, request_id).ok());
  bench_.clock().Advance(absl::Minutes(1));
  EXPECT_FALSE(bench_.Reveal(second.order_id, request_id).ok());
  EXPECT_EQ(bench_.WaitForState(second.order_id, OrderState::kExpired).state,
            OrderState::kExpired);
  EXPECT_TRUE(OnRecord(ledger::v1::EVENT_KIND_ORDER_EXPIRED, second.order_id));
}

TEST_F(IssuanceTest, WrongEidAlarmsAndCancelsTheSecondTime) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  ASSERT_TRUE(bench_.Notice(ready, 1, "8.1.1/3.8", 1).ok());
  // The same notice again does not count.
  ASSERT_TRUE(bench_.Notice(ready, 1, "8.1.1/3.8", 1).ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kRevealed);
  ASSERT_TRUE(bench_.Notice(ready, 1, "8.1.1/3.8", 2).ok());
  const Order ended =
      bench_.WaitForState(ready.order_id, OrderState::kCancelled);
  EXPECT_EQ(ended.cause, EndCause::kWrongEid);
  EXPECT_TRUE(OnRecord(ledger::v1::EVENT_KIND_ORDER_CANCELLED, ready.order_id));
  EXPECT_EQ(Events(ledger::v1::EVENT_KIND_ALARM, ready.order_id), 2);
}

TEST_F(IssuanceTest, NoticeOfAnotherSmdpAlarmsAndChangesNothing) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Notice(ready, 4, "", 0, "smdp-2").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kReady);
  EXPECT_TRUE(bench_.ledger().WaitUntil([](const outbox::FakeLedger& ledger) {
    for (const ledger::v1::Event& event : ledger.Events()) {
      if (event.kind() == ledger::v1::EVENT_KIND_ALARM) return true;
    }
    return false;
  }));
}

TEST_F(IssuanceTest, InstallNoticeAloneIsEnough) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  ASSERT_TRUE(bench_.Notice(ready, 4, "").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kInstalled);
  // A late one does not step back.
  ASSERT_TRUE(bench_.Notice(ready, 1, "").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kInstalled);
}

TEST_F(IssuanceTest, FailedDownloadThatMayBeRepeatedGoesBackToRevealed) {
  const Order ready = bench_.PlaceReady();
  const std::string request_id = bench_.NewUuid();
  ASSERT_TRUE(bench_.Reveal(ready.order_id, request_id).ok());
  ASSERT_TRUE(bench_.Notice(ready, 1, "", 1).ok());
  ASSERT_TRUE(bench_.Notice(ready, 3, "8.1/4.8", 2).ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kRevealed);
  EXPECT_TRUE(bench_.Reveal(ready.order_id, request_id).ok());
}

TEST_F(IssuanceTest, FailedInstallationCancelsAsFailed) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Reveal(ready.order_id, bench_.NewUuid()).ok());
  ASSERT_TRUE(bench_.Notice(ready, 1, "", 1).ok());
  bench_.smdp().SetState(ready.iccid, FakeSmdp::State::kError);
  ASSERT_TRUE(bench_.Notice(ready, 4, "8.2.10/4.2", 2).ok());
  const Order ended = bench_.WaitForState(ready.order_id, OrderState::kFailed);
  EXPECT_EQ(ended.state, OrderState::kFailed);
  EXPECT_EQ(ended.cause, EndCause::kInstallFailed);
  EXPECT_EQ(ended.status_code, "8.2.10/4.2");
}

TEST_F(IssuanceTest, NoticeWhileRevealingIsAppliedBehindCodeRevealed) {
  const Order ready = bench_.PlaceReady();
  // The phone is faster than the answer of releaseProfile.
  bench_.smdp().OnCall([&](Function function) {
    if (function != Function::kReleaseProfile) return;
    bench_.smdp().OnCall(nullptr);
    std::thread([&] { EXPECT_TRUE(bench_.Notice(ready, 4, "").ok()); }).join();
  });
  const auto code = bench_.Reveal(ready.order_id, bench_.NewUuid());
  const Order after =
      bench_.WaitForState(ready.order_id, OrderState::kInstalled);
  EXPECT_EQ(after.state, OrderState::kInstalled);
  ASSERT_TRUE(
      OnRecord(ledger::v1::EVENT_KIND_PROFILE_INSTALLED, ready.order_id));
  EXPECT_EQ(Events(ledger::v1::EVENT_KIND_CODE_REVEALED, ready.order_id), 1);
  EXPECT_EQ(Events(ledger::v1::EVENT_KIND_ALARM, ready.order_id), 0);
}

TEST_F(IssuanceTest, DownloadBeforeTheRevealFreezes) {
  const Order ready = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Notice(ready, 3, "").ok());
  EXPECT_EQ(bench_.Get(ready.order_id).state, OrderState::kFrozen);
  EXPECT_TRUE(OnRecord(ledger::v1::EVENT_KIND_ORDER_FROZEN, ready.order_id));
  EXPECT_TRUE(
      HasReason(bench_.Reveal(ready.order_id, bench_.NewUuid()).status(),
                Reason::CODE_DEAD));
  // It still counts.
  EXPECT_EQ(bench_.Count().person_live, 1);
}

TEST_F(IssuanceTest, SessionEndCancelsWhatIsNotDownloading) {
  const Order ready = bench_.PlaceReady();
  Decide end = [this](const Order& order) {
    return bench_.machine().OnSessionEnd(order, EndCause::kRevoked,
                                         ToMicros(bench_.clock().Now()));
  };
  ASSERT_TRUE(bench_.Run(bench_.book().Update(ready.order_id, end)).ok());
  bench_.worker().Poke(ready.order_id);
  const Order ended =
      bench_.WaitForState(ready.order_id, OrderState::kCancelled);
  EXPECT_EQ(ended.state, OrderState::kCancelled);
  EXPECT_EQ(ended.cause, EndCause::kRevoked);

  const Order second = bench_.PlaceReady();
  ASSERT_TRUE(bench_.Reveal(second.order_id, bench_.NewUuid()).ok());
  ASSERT_TRUE(bench_.Notice(second, 1, "").ok());
  ASSERT_TRUE(bench_.Run(bench_.book().Update(second.order_id, end)).ok());
  EXPECT_EQ(bench_.Get(second.order_id).state, OrderState::kDownloading);
  ASSERT_TRUE(bench_.Notice(second, 4, "").ok());
  bench_.worker().Poke(second.order_id);
  EXPECT_EQ(bench_.WaitForState(second.order_id, OrderState::kClosed).state,
            OrderState::kClosed);
}

TEST_F(IssuanceTest, CheckDeviceTellsWhatTheClerkMustKnow) {
  const std::string session = bench_.authority().OpenSession();
  order::v1::CheckDeviceRequest check;
  check.set_session_id(session);
  check.set_eid(kEid);
  check.set_imei(kImei);
  const auto ask = [&] {
    return bench_.Run(
        bench_.orders().CheckDevice(bench_.TerminalCaller(), check));
  };
  const auto fine = ask();
  ASSERT_TRUE(fine.ok()) << fine.status();
  EXPECT_EQ(fine->model(), "Test Phone");
  EXPECT_EQ(fine->live_count(), 0);
  check.set_imei("352906110000009");
  EXPECT_TRUE(HasReason(ask().status(), Reason::DEVICE_UNKNOWN));
  order::v1::ImportDeviceModelsRequest models;
  models.set_request_id(bench_.NewUuid());
  models.set_csv("tac,model,eligible\n35290611,Old Phone,false\n");
  ASSERT_TRUE(
      bench_.Run(bench_.inventory().ImportDeviceModels("/admin/a1", models))
          .ok());
  EXPECT_TRUE(HasReason(ask().status(), Reason::DEVICE_NOT_ELIGIBLE));
  check.set_imei(kImei);
  check.set_eid("89049032123451234512345678901224");
  EXPECT_TRUE(HasReason(ask().status(), Reason::BAD_CHECK_DIGIT));
}

TEST_F(IssuanceTest, ReservationsAreHeldOnePerSessionAndExpire) {
  const std::string session = bench_.authority().OpenSession();
  const std::string other = bench_.authority().OpenSession(2);
  const auto reserve = [&](const std::string& in, int terminal,
                           const std::string& msisdn) {
    order::v1::ReserveNumberRequest request;
    request.set_request_id(bench_.NewUuid());
    request.set_session_id(in);
    request.set_msisdn(msisdn);
    return bench_.Run(bench_.orders().ReserveNumber(
        bench_.TerminalCaller(terminal), request));
  };
  ASSERT_TRUE(reserve(session, 1, "13900000001").ok());
  EXPECT_TRUE(HasReason(reserve(other, 2, "13900000001").status(),
                        Reason::NUMBER_TAKEN));
  EXPECT_TRUE(HasReason(reserve(other, 2, "13800000001").status(),
                        Reason::NUMBER_UNKNOWN));
  // Choosing again gives the first one back.
  ASSERT_TRUE(reserve(session, 1, "13900000002").ok());
  EXPECT_TRUE(reserve(other, 2, "13900000001").ok());
  EXPECT_EQ(bench_.Count().numbers_reserved, 2);
  bench_.clock().Advance(absl::Minutes(16));
  EXPECT_TRUE(reserve(session, 1, "13900000001").ok());
}

TEST_F(IssuanceTest, ImportsTakeAllRowsOrNone) {
  order::v1::ImportNumbersRequest request;
  request.set_request_id(bench_.NewUuid());
  // The second one is known with another region.
  request.set_csv("msisdn,region\n13700000000,12\n13900000003,12\n");
  const auto refused =
      bench_.Run(bench_.inventory().ImportNumbers("/admin/a1", request));
  EXPECT_TRUE(HasReason(refused.status(), Reason::IMPORT_CONFLICT));
  EXPECT_EQ(bench_.Count().numbers_free, 20);
  request.set_csv("msisdn,region\n13700000000,12\n13900000003,11\n");
  const auto taken =
      bench_.Run(bench_.inventory().ImportNumbers("/admin/a1", request));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->added, 1);
  EXPECT_EQ(taken->known, 1);
  const auto again =
      bench_.Run(bench_.inventory().ImportNumbers("/admin/a1", request));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->added, 1);
  const auto stock = bench_.Run(bench_.inventory().GetStock());
  ASSERT_TRUE(stock.ok());
  EXPECT_EQ(stock->free_numbers().at("11"), 20);
  EXPECT_EQ(stock->free_numbers().at("12"), 1);
  EXPECT_EQ(stock->available_iccids().at(kProfileType), 20);
}

}  // namespace
}  // namespace shiming::profile_order::testing

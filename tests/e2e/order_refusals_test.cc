// What a bad order gets: its reason, and neither attestation nor number,
// ICCID or count is touched.
#include <algorithm>

#include "common/rpc/client.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"
#include "tests/fault/order_rows.h"
#include "tools/shiming_terminal/synthetic_stock.h"

namespace shiming::e2e {
namespace {

using shiming_terminal::BuiltEvidence;
using shiming_terminal::MakeSyntheticCustomer;
using shiming_terminal::SyntheticCustomer;

class OrderRefusalsTest : public E2eTest {
 protected:
  // A floor with an approved customer and a reserved number.
  std::unique_ptr<ShopFloor> VerifiedFloor(
      const SyntheticCustomer& customer = ShopFloor::NewCustomer()) {
    auto floor = OpenFloor();
    if (floor == nullptr) return nullptr;
    const absl::Status status = floor->VerifyAndReserve(customer);
    EXPECT_TRUE(status.ok()) << status;
    return status.ok() ? std::move(floor) : nullptr;
  }

  static order::v1::CreateOrderRequest GoodRequest(ShopFloor& floor) {
    return floor.OrderRequest(floor.terminal().attestation(),
                              floor.terminal().evidence().openings);
  }

  // Sends the request; its reason. A refused one leaves no order, and with it,
  // in the same transaction, no number, ICCID, attestation or count is taken.
  static std::string RefusalOf(ShopFloor& floor,
                               const order::v1::CreateOrderRequest& request) {
    const auto before = fault::ReadOrders(cluster_->layout());
    const std::string reason = ReasonText(floor.CreateRaw(request).status());
    const auto after = fault::ReadOrders(cluster_->layout());
    EXPECT_TRUE(before.ok() && after.ok());
    if (before.ok() && after.ok()) {
      EXPECT_EQ(after->size(), before->size());
    }
    return reason;
  }

  // Nothing of the customer's was spent: a good order goes through.
  static void ExpectStillGood(ShopFloor& floor) {
    const auto order = floor.CreateRaw(GoodRequest(floor));
    EXPECT_TRUE(order.ok()) << order.status();
  }
};

TEST_F(OrderRefusalsTest, AnEidWithAWrongCheckDigit) {
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  auto customer = ShopFloor::NewCustomer();
  char& last = customer.eid.back();
  last = last == '9' ? '0' : static_cast<char>(last + 1);
  const auto answer =
      floor->Run(floor->terminal().CheckDevice(customer.eid, customer.imei));
  EXPECT_EQ(ReasonText(answer.status()), "BAD_CHECK_DIGIT");
  EXPECT_EQ(PartsOf(answer.status()).field, "eid");

  // And in an order, which names the field as well.
  floor = VerifiedFloor();
  ASSERT_NE(floor, nullptr);
  auto request = GoodRequest(*floor);
  std::string& eid = *request.mutable_device()->mutable_eid();
  eid.back() = eid.back() == '9' ? '0' : static_cast<char>(eid.back() + 1);
  const auto order = floor->CreateRaw(request);
  EXPECT_EQ(ReasonText(order.status()), "BAD_CHECK_DIGIT");
  EXPECT_EQ(PartsOf(order.status()).field, "device.eid");
  ExpectStillGood(*floor);
}

TEST_F(OrderRefusalsTest, AnAttestationIsUsedOnce) {
  auto floor = VerifiedFloor();
  ASSERT_NE(floor, nullptr);
  const auto request = GoodRequest(*floor);
  ASSERT_TRUE(floor->CreateRaw(request).ok());
  // The same request is a repeat, not a second use.
  EXPECT_TRUE(floor->CreateRaw(request).ok());
  ASSERT_TRUE(floor->Run(floor->terminal().ReserveAnyNumber()).ok());
  EXPECT_EQ(RefusalOf(*floor, GoodRequest(*floor)), "ATTESTATION_USED");
}

TEST_F(OrderRefusalsTest, AnAttestationExpires) {
  auto floor = VerifiedFloor();
  ASSERT_NE(floor, nullptr);
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Minutes(14)).ok());
  // A reservation lives 15 minutes as well: hold a fresh one.
  ASSERT_TRUE(floor->Run(floor->terminal().ReserveAnyNumber()).ok());
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Minutes(16)).ok());
  EXPECT_EQ(RefusalOf(*floor, GoodRequest(*floor)), "ATTESTATION_EXPIRED");
  ASSERT_TRUE(cluster_->SetClockOffset(absl::ZeroDuration()).ok());
}

TEST_F(OrderRefusalsTest, AnAttestationOfAnotherSessionTerminalOrKind) {
  auto floor = VerifiedFloor();
  ASSERT_NE(floor, nullptr);
  auto wrong_kind = GoodRequest(*floor);
  wrong_kind.set_kind(identity::v1::ORDER_KIND_CONVERSION);
  EXPECT_EQ(RefusalOf(*floor, wrong_kind), "ATTESTATION_OTHER_KIND");

  // Another terminal tries to use it in its own session. A session is of one
  // terminal, so that is what is found first.
  auto thief = OpenFloor();
  ASSERT_NE(thief, nullptr);
  ASSERT_TRUE(thief->Run(thief->terminal().ReserveAnyNumber()).ok());
  const auto stolen = thief->OrderRequest(
      floor->terminal().attestation(), floor->terminal().evidence().openings);
  EXPECT_EQ(RefusalOf(*thief, stolen), "ATTESTATION_OTHER_SESSION");
  // In the session that it was made for the terminal is another one.
  auto claimed = stolen;
  claimed.set_session_id(floor->terminal().session_id());
  EXPECT_EQ(RefusalOf(*thief, claimed), "SESSION_UNKNOWN");

  // The same terminal in a later session.
  const auto attestation = floor->terminal().attestation();
  const auto openings = floor->terminal().evidence().openings;
  ASSERT_TRUE(floor->Run(floor->terminal().CloseSession()).ok());
  ASSERT_TRUE(floor->Run(floor->terminal().StartSession()).ok());
  ASSERT_TRUE(floor->Run(floor->terminal().ReserveAnyNumber()).ok());
  EXPECT_EQ(RefusalOf(*floor, floor->OrderRequest(attestation, openings)),
            "ATTESTATION_OTHER_SESSION");
}

TEST_F(OrderRefusalsTest, AForgedAttestation) {
  auto floor = VerifiedFloor();
  ASSERT_NE(floor, nullptr);
  auto request = GoodRequest(*floor);
  (*request.mutable_attestation()->mutable_signed_())[60] ^= 1;
  EXPECT_EQ(RefusalOf(*floor, request), "ATTESTATION_INVALID");
  ExpectStillGood(*floor);
}

TEST_F(OrderRefusalsTest, AnotherPhoneThanTheOneInTheEvidence) {
  auto floor = VerifiedFloor();
  ASSERT_NE(floor, nullptr);
  auto request = GoodRequest(*floor);
  request.mutable_device()->set_eid(ShopFloor::NewCustomer().eid);
  EXPECT_EQ(RefusalOf(*floor, request), "DEVICE_COMMITMENT_MISMATCH");
  // The right phone goes through.
  ExpectStillGood(*floor);
}

TEST_F(OrderRefusalsTest, AShiftTokenUsedFromAnotherTerminalEndsTheShift) {
  auto victim = OpenFloor();
  ASSERT_NE(victim, nullptr);
  auto thief = OpenFloor();
  ASSERT_NE(thief, nullptr);
  order::v1::CheckDeviceRequest request;
  request.set_shift_token(victim->terminal().shift_token());
  request.set_session_id(victim->terminal().session_id());
  const auto customer = ShopFloor::NewCustomer();
  request.set_eid(customer.eid);
  request.set_imei(customer.imei);
  const auto answer = thief->Run(rpc::Invoke<order::v1::CheckDeviceResponse>(
      thief->terminal().order_stub(),
      &order::v1::ProfileOrderService::Stub::async_interface::CheckDevice,
      request, {.deadline = absl::Now() + absl::Seconds(10)}));
  EXPECT_EQ(ReasonText(answer.status()), "SHIFT_TOKEN_MISUSED");
  EXPECT_FALSE(
      victim->Run(victim->terminal().CheckDevice(customer.eid, customer.imei))
          .ok());
  const auto misused = [](const std::vector<ledger::v1::Event>& events) {
    return std::count_if(
        events.begin(), events.end(), [](const ledger::v1::Event& event) {
          return event.session_end() == ledger::v1::SESSION_END_TOKEN_MISUSED;
        });
  };
  ledger::v1::EntryFilter filter;
  filter.set_session(victim->terminal().session_id());
  const auto events = WaitForEntries(
      *cluster_, filter, [&](const std::vector<ledger::v1::Event>& found) {
        return misused(found) > 0;
      });
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(misused(*events), 1);
}

TEST_F(OrderRefusalsTest, ASixthNumberOfOnePerson) {
  for (int i = 0; i < 6; ++i) {
    // One person, six phones.
    const auto customer = MakeSyntheticCustomer(500'000, 500'000 + i);
    auto floor = VerifiedFloor(customer);
    ASSERT_NE(floor, nullptr);
    if (i < 5) {
      ExpectStillGood(*floor);
    } else {
      EXPECT_EQ(RefusalOf(*floor, GoodRequest(*floor)), "PERSON_LIMIT_REACHED");
    }
  }
}

TEST_F(OrderRefusalsTest, AThirdNumberOnOneEid) {
  for (int i = 0; i < 3; ++i) {
    // Three persons, one phone. The device check would refuse the third one
    // already; an order without it is refused as well.
    const auto customer = MakeSyntheticCustomer(600'000 + i, 600'000);
    auto floor = OpenFloor();
    ASSERT_NE(floor, nullptr);
    const auto device =
        floor->Run(floor->terminal().CheckDevice(customer.eid, customer.imei));
    EXPECT_EQ(ReasonText(device.status()), i < 2 ? "OK" : "EID_LIMIT_REACHED");
    const auto evidence = floor->BuildEvidence(customer);
    ASSERT_TRUE(evidence.ok());
    const auto verification = floor->VerifyRaw(*evidence);
    ASSERT_TRUE(verification.ok()) << verification.status();
    ASSERT_TRUE(floor->Run(floor->terminal().ReserveAnyNumber()).ok());
    const auto request =
        floor->OrderRequest(verification->attestation(), evidence->openings);
    if (i < 2) {
      EXPECT_EQ(ReasonText(floor->CreateRaw(request).status()), "OK");
    } else {
      EXPECT_EQ(RefusalOf(*floor, request), "EID_LIMIT_REACHED");
    }
  }
}

}  // namespace
}  // namespace shiming::e2e

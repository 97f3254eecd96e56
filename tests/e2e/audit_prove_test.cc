// Goal: what the real services put on the record audits clean, whatever
// happened in the shop: refusals, cancellations, other phones, revocations.
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"
#include "tests/e2e/prove.h"

namespace shiming::e2e {
namespace {

class AuditProveTest : public E2eTest {
 protected:
  // An order that waits for its reveal, in a fresh session of `floor`.
  static std::string Ready(
      ShopFloor& floor, const shiming_terminal::SyntheticCustomer& customer) {
    const absl::Status verified = floor.VerifyAndReserve(customer);
    EXPECT_TRUE(verified.ok()) << verified;
    const auto order_id = floor.OrderUntilReady();
    EXPECT_TRUE(order_id.ok()) << order_id.status();
    return order_id.value_or("");
  }

  // Waits until an event of this kind of the order is on the record.
  static void WaitFor(const std::string& order_id, ledger::v1::EventKind kind) {
    ledger::v1::EntryFilter filter;
    filter.set_order(order_id);
    const auto events = WaitForEntries(
        *cluster_, filter,
        [kind](const auto& found) { return CountOf(found, kind) > 0; });
    ASSERT_TRUE(events.ok()) << events.status();
    EXPECT_GT(CountOf(*events, kind), 0);
  }
};

TEST_F(AuditProveTest, ADayInTheShopIsProven) {
  // One whole issuance.
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  const auto customer = ShopFloor::NewCustomer();
  const std::string issued = Ready(*floor, customer);
  auto code = floor->Reveal(issued);
  ASSERT_TRUE(code.ok()) << code.status();
  ASSERT_TRUE(floor->Download(customer.eid, *code).ok());
  ASSERT_TRUE(
      floor->WaitFor(issued, order::v1::PROFILE_ORDER_STATE_INSTALLED).ok());
  ASSERT_TRUE(floor->Run(floor->terminal().CloseSession()).ok());
  WaitFor(issued, ledger::v1::EVENT_KIND_ORDER_CLOSED);

  // A face that does not match, then the session ends.
  auto refused = OpenFloor();
  ASSERT_NE(refused, nullptr);
  const auto evidence =
      refused->BuildEvidence(ShopFloor::NewCustomer(), {.score_millionths = 1});
  ASSERT_TRUE(evidence.ok());
  const auto verification = refused->VerifyRaw(*evidence);
  ASSERT_TRUE(verification.ok()) << verification.status();
  EXPECT_EQ(verification->decision(), identity::v1::DECISION_REFUSED);
  ASSERT_TRUE(refused->Run(refused->terminal().CloseSession()).ok());

  // A session that ends with an order that waits: it is cancelled.
  auto left = OpenFloor();
  ASSERT_NE(left, nullptr);
  const std::string waiting = Ready(*left, ShopFloor::NewCustomer());
  ASSERT_TRUE(left->Run(left->terminal().CloseSession()).ok());
  WaitFor(waiting, ledger::v1::EVENT_KIND_ORDER_CANCELLED);

  // Another phone asks twice.
  auto wrong = OpenFloor();
  ASSERT_NE(wrong, nullptr);
  const std::string asked = Ready(*wrong, ShopFloor::NewCustomer());
  code = wrong->Reveal(asked);
  ASSERT_TRUE(code.ok()) << code.status();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(wrong->Download(ShopFloor::NewCustomer().eid, *code).ok());
  }
  WaitFor(asked, ledger::v1::EVENT_KIND_ORDER_CANCELLED);

  // A clerk is revoked while a customer waits for the code.
  auto revoked = OpenFloor();
  ASSERT_NE(revoked, nullptr);
  const std::string clerk = last_counter_.clerk.clerk_id;
  const std::string stopped = Ready(*revoked, ShopFloor::NewCustomer());
  ASSERT_TRUE(cluster_->Revoke(terminal::v1::SUBJECT_KIND_CLERK, clerk).ok());
  EXPECT_FALSE(revoked->Reveal(stopped).ok());
  WaitFor(stopped, ledger::v1::EVENT_KIND_ORDER_CANCELLED);

  const auto& layout = cluster_->layout();
  const auto whole = ProveWhenRevealed(
      *cluster_, 2, {"--pseudonym-key", layout.Key("pseudonym.key")});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->exit_code, 0) << whole->report;
  EXPECT_EQ(whole->codes_revealed, 2u);
  EXPECT_EQ(whole->codes_proven, 2u);

  // And from day to day.
  const std::vector<std::string> state = {"--state",
                                          layout.data + "/run/audit.state"};
  EXPECT_EQ(Prove(*cluster_, state)->exit_code, 0);
  auto next = OpenFloor();
  ASSERT_NE(next, nullptr);
  const std::string third = Ready(*next, ShopFloor::NewCustomer());
  ASSERT_TRUE(next->Reveal(third).ok());
  const auto later = ProveWhenRevealed(*cluster_, 3, state);
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(later->exit_code, 0) << later->report;
  EXPECT_EQ(later->codes_proven, 3u);
}

}  // namespace
}  // namespace shiming::e2e

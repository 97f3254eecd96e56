// Steps 6 and 7 gone wrong: who may not see a code, and which phone may not
// download.
#include <sqlite3.h>

#include <future>

#include "common/ids/ids.h"
#include "common/rpc/client.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"

namespace shiming::e2e {
namespace {

using order::v1::CustomerDisplayService;
using order::v1::RevealActivationCodeRequest;
using order::v1::RevealActivationCodeResponse;

class RevealRefusalsTest : public E2eTest {
 protected:
  struct Ready {
    std::unique_ptr<ShopFloor> floor;
    Counter counter;
    shiming_terminal::SyntheticCustomer customer;
    std::string order_id;
  };

  // An order that waits for its reveal.
  Ready ReadyOrder(const std::string& shop = "demo") {
    Ready ready;
    ready.customer = ShopFloor::NewCustomer();
    ready.floor = OpenFloor(shop);
    if (ready.floor == nullptr) return ready;
    ready.counter = std::move(last_counter_);
    const absl::Status verified = ready.floor->VerifyAndReserve(ready.customer);
    EXPECT_TRUE(verified.ok()) << verified;
    const auto order_id = ready.floor->OrderUntilReady();
    EXPECT_TRUE(order_id.ok()) << order_id.status();
    ready.order_id = order_id.value_or("");
    return ready;
  }

  // One call, as whoever the stub's channel is.
  static absl::StatusOr<RevealActivationCodeResponse> RevealAs(
      ShopFloor& floor, CustomerDisplayService::Stub& stub,
      const std::string& order_id, const std::string& request_id) {
    RevealActivationCodeRequest request;
    request.set_order_id(order_id);
    request.set_request_id(request_id);
    return floor.Run(rpc::Invoke<RevealActivationCodeResponse>(
        stub,
        &CustomerDisplayService::Stub::async_interface::RevealActivationCode,
        request, {.deadline = absl::Now() + absl::Seconds(20)}));
  }

  static std::string NewRequestId() { return NewUuid(crypto::SystemRandom()); }

  // As somebody with access to the database would.
  static void SetBackToReady(const std::string& order_id) {
    sqlite3* db = nullptr;
    const std::string path = cluster_->layout().data + "/db/profile_order.db";
    ASSERT_EQ(
        sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr),
        SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    const std::string sql =
        "UPDATE orders SET state = " +
        std::to_string(order::v1::PROFILE_ORDER_STATE_READY) +
        " WHERE order_id = '" + order_id + "'";
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db);
    ASSERT_EQ(sqlite3_changes(db), 1);
    sqlite3_close(db);
  }

  static int RevealsOnRecord(const std::string& order_id) {
    const auto events = EntriesOfOrder(*cluster_, order_id);
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? CountOf(*events, ledger::v1::EVENT_KIND_CODE_REVEALED)
                       : -1;
  }
};

TEST_F(RevealRefusalsTest, TheClerksTerminalNeverGetsTheCode) {
  Ready ready = ReadyOrder();
  auto channel = cluster_->ChannelOf(
      ready.counter.terminal, shimingctl::Port::kProfileOrder, "profile_order");
  ASSERT_TRUE(channel.ok());
  auto stub = CustomerDisplayService::NewStub(*channel);
  EXPECT_EQ(
      ReasonText(RevealAs(*ready.floor, *stub, ready.order_id, NewRequestId())
                     .status()),
      "ACCESS_DENIED");
  EXPECT_EQ(RevealsOnRecord(ready.order_id), 0);
}

TEST_F(RevealRefusalsTest, AnotherShopsDisplayGetsNothing) {
  Ready ready = ReadyOrder();
  ASSERT_TRUE(cluster_->EnrollShop("other", "11").ok());
  auto other = OpenFloor("other");
  ASSERT_NE(other, nullptr);
  const std::string reason = ReasonText(
      RevealAs(*other, other->display().stub(), ready.order_id, NewRequestId())
          .status());
  EXPECT_EQ(reason, "ORDER_OTHER_DISPLAY");
  EXPECT_EQ(RevealsOnRecord(ready.order_id), 0);
  EXPECT_TRUE(ready.floor->Reveal(ready.order_id).ok());
}

TEST_F(RevealRefusalsTest, ASecondRequestIdGetsNothing) {
  Ready ready = ReadyOrder();
  ASSERT_TRUE(ready.floor->Reveal(ready.order_id).ok());
  EXPECT_EQ(ReasonText(RevealAs(*ready.floor, ready.floor->display().stub(),
                                ready.order_id, NewRequestId())
                           .status()),
            "REVEAL_TAKEN");
  EXPECT_EQ(RevealsOnRecord(ready.order_id), 1);
}

TEST_F(RevealRefusalsTest, OfTwoConcurrentRequestIdsOneWins) {
  Ready ready = ReadyOrder();
  const auto ask = [&ready] {
    return RevealAs(*ready.floor, ready.floor->display().stub(), ready.order_id,
                    NewRequestId());
  };
  auto first = std::async(std::launch::async, ask);
  auto second = std::async(std::launch::async, ask);
  const auto a = first.get();
  const auto b = second.get();
  EXPECT_NE(a.ok(), b.ok()) << a.status() << b.status();
  const std::string reason = ReasonText(a.ok() ? b.status() : a.status());
  EXPECT_TRUE(reason == "REVEAL_TAKEN" || reason == "PERMIT_TAKEN") << reason;
  EXPECT_EQ(RevealsOnRecord(ready.order_id), 1);
}

TEST_F(RevealRefusalsTest, AfterTheSessionWasClosed) {
  Ready ready = ReadyOrder();
  ASSERT_TRUE(ready.floor->Run(ready.floor->terminal().CloseSession()).ok());
  const auto code = RevealAs(*ready.floor, ready.floor->display().stub(),
                             ready.order_id, NewRequestId());
  EXPECT_EQ(ReasonText(code.status()), "SESSION_NOT_OPEN");
  EXPECT_EQ(RevealsOnRecord(ready.order_id), 0);
}

TEST_F(RevealRefusalsTest, AfterTerminalOrDisplayWasRevoked) {
  for (const auto kind : {terminal::v1::SUBJECT_KIND_TERMINAL,
                          terminal::v1::SUBJECT_KIND_DISPLAY}) {
    Ready ready = ReadyOrder();
    const std::string id = kind == terminal::v1::SUBJECT_KIND_TERMINAL
                               ? ready.counter.terminal.id
                               : ready.counter.display.id;
    ASSERT_TRUE(cluster_->Revoke(kind, id).ok());
    const auto code = RevealAs(*ready.floor, ready.floor->display().stub(),
                               ready.order_id, NewRequestId());
    EXPECT_EQ(ReasonText(code.status()),
              kind == terminal::v1::SUBJECT_KIND_TERMINAL
                  ? "SESSION_NOT_OPEN"
                  : "DISPLAY_NOT_ENROLLED");
    EXPECT_EQ(RevealsOnRecord(ready.order_id), 0);
    // Nobody can download what was never revealed.
    const auto download = ready.floor->Download(ready.customer.eid, "");
    ASSERT_TRUE(download.ok()) << download.status();
    EXPECT_NE(download->result, "installed");
  }
}

TEST_F(RevealRefusalsTest, AnotherPhoneIsRefusedAlarmsAndTheSecondTimeCancels) {
  Ready ready = ReadyOrder();
  const auto code = ready.floor->Reveal(ready.order_id);
  ASSERT_TRUE(code.ok()) << code.status();
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const auto stolen =
        ready.floor->Download(ShopFloor::NewCustomer().eid, *code);
    ASSERT_TRUE(stolen.ok()) << stolen.status();
    EXPECT_EQ(stolen->subject_code + "/" + stolen->reason_code, "8.1.1/3.8");
  }
  const auto order = ready.floor->WaitFor(
      ready.order_id, order::v1::PROFILE_ORDER_STATE_CANCELLED);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_CANCELLED);
  EXPECT_EQ(order->cancel_reason(), order::v1::CANCEL_REASON_WRONG_EID);
  ledger::v1::EntryFilter filter;
  filter.set_order(ready.order_id);
  const auto events = WaitForEntries(
      *cluster_, filter, [](const std::vector<ledger::v1::Event>& found) {
        return CountOf(found, ledger::v1::EVENT_KIND_ORDER_CANCELLED) > 0;
      });
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_GE(CountOf(*events, ledger::v1::EVENT_KIND_ALARM), 1);
  EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_ORDER_CANCELLED), 1);
  const auto late = ready.floor->Download(ready.customer.eid, *code);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_NE(late->result, "installed");
}

// DESIGN 7: the ledger, not the row, decides whether a code was revealed.
TEST_F(RevealRefusalsTest, ARowSetBackByHandShowsNoCode) {
  // To another request terminal_session gives no second permit; to the same
  // one it gives the same, and then the ledger takes no second CODE_REVEALED.
  for (const bool same_request : {false, true}) {
    SCOPED_TRACE(same_request);
    Ready ready = ReadyOrder();
    const std::string request_id = NewRequestId();
    ASSERT_TRUE(RevealAs(*ready.floor, ready.floor->display().stub(),
                         ready.order_id, request_id)
                    .ok());
    SetBackToReady(ready.order_id);
    const auto code =
        RevealAs(*ready.floor, ready.floor->display().stub(), ready.order_id,
                 same_request ? request_id : NewRequestId());
    const std::string reason = ReasonText(code.status());
    if (same_request) {
      // Refused here, or to the relay a moment before.
      EXPECT_TRUE(reason == "LEDGER_CONFLICT" ||
                  reason == "LEDGER_AGGREGATE_FROZEN")
          << reason;
    } else {
      EXPECT_EQ(reason, "REVEAL_TAKEN");
    }
    EXPECT_EQ(RevealsOnRecord(ready.order_id), 1);
  }
}

}  // namespace
}  // namespace shiming::e2e

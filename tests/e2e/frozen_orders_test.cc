// FROZEN (DESIGN 4): an SM-DP+ that lies. It refuses cancelOrder with
// 8.2.1/3.3, "the profile has been downloaded", and then tells of no
// installation. Nobody can know what became of the profile: after the time to
// wait the order is FROZEN, number and ICCID stay taken and it goes on to
// count. The first suite has the times of production, the second a wait that
// fits into a session, so that the terminal sees it as well.
#include <grpcpp/client_context.h>

#include <algorithm>

#include "common/ids/ids.h"
#include "common/rpc/client.h"
#include "shiming/config/v1/profile_order_config.pb.h"
#include "shiming/config/v1/terminal_session_config.pb.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"
#include "tests/e2e/edit_config.h"
#include "tests/e2e/smdp_control.h"
#include "tests/fault/log_record.h"
#include "tools/shimingctl/connection.h"

namespace shiming::e2e {
namespace {

using ledger::v1::Event;
using order::v1::ProfileOrder;
using shiming_terminal::MakeSyntheticCustomer;
using shiming_terminal::SyntheticCustomer;

// Services may just have been killed.
constexpr absl::Duration kPatience = absl::Seconds(20);

class FrozenOrdersTest : public E2eTest {
 protected:
  static void TearDownTestSuite() {
    if (cluster_ != nullptr) {
      const auto record = fault::ReadLog(cluster_->layout());
      EXPECT_TRUE(record.ok()) << record.status();
      if (record.ok()) {
        EXPECT_EQ(fault::BrokenRules(*record), std::vector<std::string>());
      }
    }
    E2eTest::TearDownTestSuite();
  }

  void SetUp() override {
    E2eTest::SetUp();
    auto smdp = SmdpControl::Open(
        cluster_->layout().Address(shimingctl::Port::kSmdpDevice));
    ASSERT_TRUE(smdp.ok()) << smdp.status();
    smdp_ = *std::move(smdp);
  }

  // Time goes on for everybody; it never goes back in a suite.
  static void Advance(absl::Duration by) {
    offset_ += by;
    const absl::Status set = cluster_->SetClockOffset(offset_);
    ASSERT_TRUE(set.ok()) << set;
  }

  // A fresh counter with a READY order, patient enough for a crash.
  std::unique_ptr<ShopFloor> ReadyFloor(const SyntheticCustomer& customer,
                                        std::string& order_id) {
    auto counter = cluster_->NewCounter();
    EXPECT_TRUE(counter.ok()) << counter.status();
    if (!counter.ok()) return nullptr;
    auto floor = ShopFloor::Open(*cluster_, *counter, {.patience = kPatience});
    EXPECT_TRUE(floor.ok()) << floor.status();
    if (!floor.ok()) return nullptr;
    absl::Status done = (*floor)->SignInAndStartSession();
    if (done.ok()) done = (*floor)->VerifyAndReserve(customer);
    EXPECT_TRUE(done.ok()) << done;
    if (!done.ok()) return nullptr;
    const auto ordered = (*floor)->OrderUntilReady();
    EXPECT_TRUE(ordered.ok()) << ordered.status();
    order_id = ordered.value_or("");
    return *std::move(floor);
  }

  // The lie, for the next cancelOrder.
  void RefuseNextCancel() {
    const absl::Status refused = smdp_->Refuse("cancelOrder", "8.2.1", "3.3");
    ASSERT_TRUE(refused.ok()) << refused;
  }

  static order::v1::GetStockResponse Stock() {
    using Stub = order::v1::InventoryService::Stub;
    const auto channel = cluster_->ChannelAs(
        "admin/admin-1", shimingctl::Port::kProfileOrder, "profile_order");
    EXPECT_TRUE(channel.ok()) << channel.status();
    if (!channel.ok()) return {};
    Stub stub(*channel);
    const auto stock = shimingctl::CallBlocking(stub, &Stub::GetStock,
                                                order::v1::GetStockRequest());
    EXPECT_TRUE(stock.ok()) << stock.status();
    return stock.value_or(order::v1::GetStockResponse());
  }

  // Waits until the order's record has an entry of that kind and, where one is
  // given, reason; how many there are then.
  static int WaitForEvent(const std::string& order_id,
                          ledger::v1::EventKind kind,
                          const std::string& reason = "") {
    ledger::v1::EntryFilter filter;
    filter.set_order(order_id);
    const auto events =
        WaitForEntries(*cluster_, filter, [&](const std::vector<Event>& found) {
          return CountOf(found, kind, reason) > 0;
        });
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? CountOf(*events, kind, reason) : -1;
  }

  static int EventsNow(const std::string& order_id,
                       ledger::v1::EventKind kind) {
    const auto events = EntriesOfOrder(*cluster_, order_id);
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? CountOf(*events, kind) : -1;
  }

  // Reveals the order and ends its session, which takes it back; the SM-DP+
  // says that it is too late. The code.
  std::string EndSessionAndBeLiedTo(ShopFloor& floor,
                                    const std::string& order_id) {
    const auto code = floor.Reveal(order_id);
    EXPECT_TRUE(code.ok()) << code.status();
    RefuseNextCancel();
    const auto closed = floor.Run(floor.terminal().CloseSession());
    EXPECT_TRUE(closed.ok()) << closed.status();
    EXPECT_EQ(
        WaitForEvent(order_id, ledger::v1::EVENT_KIND_ALARM, "CANCEL_REFUSED"),
        1);
    return code.value_or("");
  }

  // What the customer display is told first when it asks now.
  static order::v1::WatchDisplayResponse DisplayNow(ShopFloor& floor) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    context.set_wait_for_ready(true);
    auto reader = floor.display().stub().WatchDisplay(
        &context, order::v1::WatchDisplayRequest());
    order::v1::WatchDisplayResponse response;
    EXPECT_TRUE(reader->Read(&response));
    context.TryCancel();
    reader->Finish();
    return response;
  }

  static absl::Status Reserve(ShopFloor& floor, const std::string& msisdn) {
    order::v1::ReserveNumberRequest request;
    request.set_request_id(NewUuid(crypto::SystemRandom()));
    request.set_shift_token(floor.terminal().shift_token());
    request.set_session_id(floor.terminal().session_id());
    request.set_msisdn(msisdn);
    return floor
        .Run(rpc::Invoke<order::v1::ReserveNumberResponse>(
            floor.terminal().order_stub(),
            &order::v1::ProfileOrderService::Stub::async_interface::
                ReserveNumber,
            request, {.deadline = absl::Now() + absl::Seconds(20)}))
        .status();
  }

  static std::string Metrics() {
    const auto metrics =
        cluster_->AdminGet(cluster_->ServiceNames().front(), "/metrics");
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    return metrics.ok() ? metrics->body : "";
  }

  static inline absl::Duration offset_;
  std::unique_ptr<SmdpControl> smdp_;
};

TEST_F(FrozenOrdersTest, ARefusedCancelWithoutInstallNoticeFreezesAfterADay) {
  constexpr int64_t kPerson = 700'000;
  // Another one, to which the same happens two minutes earlier.
  std::string earlier_id;
  auto earlier = ReadyFloor(ShopFloor::NewCustomer(), earlier_id);
  ASSERT_NE(earlier, nullptr);
  EndSessionAndBeLiedTo(*earlier, earlier_id);
  Advance(absl::Minutes(2));

  const SyntheticCustomer customer = MakeSyntheticCustomer(kPerson, kPerson);
  std::string order_id;
  auto floor = ReadyFloor(customer, order_id);
  ASSERT_NE(floor, nullptr);
  const std::string msisdn = floor->terminal().reservation().msisdn();
  const auto stock = Stock();
  const std::string code = EndSessionAndBeLiedTo(*floor, order_id);
  EXPECT_FALSE(floor->Reveal(order_id).ok());
  EXPECT_FALSE(DisplayNow(*floor).has_order());

  // A minute before the day is over nothing has changed; that the worker has
  // looked by then shows the other order.
  Advance(absl::Hours(24) - absl::Minutes(1));
  EXPECT_EQ(WaitForEvent(earlier_id, ledger::v1::EVENT_KIND_ORDER_FROZEN,
                         "INSTALL_UNKNOWN"),
            1);
  EXPECT_EQ(EventsNow(order_id, ledger::v1::EVENT_KIND_ORDER_FROZEN), 0);
  EXPECT_EQ(Stock().held_iccid_count(), stock.held_iccid_count() + 1);

  // The wait is in the database: it survives a crash.
  cluster_->KillAll();
  const absl::Status started = cluster_->StartAll();
  ASSERT_TRUE(started.ok()) << started;
  Advance(absl::Minutes(2));
  EXPECT_EQ(WaitForEvent(order_id, ledger::v1::EVENT_KIND_ORDER_FROZEN,
                         "INSTALL_UNKNOWN"),
            1);
  EXPECT_EQ(EventsNow(order_id, ledger::v1::EVENT_KIND_ORDER_FROZEN), 1);
  EXPECT_EQ(EventsNow(order_id, ledger::v1::EVENT_KIND_ORDER_CANCELLED), 0);
  // Counted since the restart.
  EXPECT_NE(Metrics().find("shiming_orders_total{state=\"FROZEN\"} 1\n"),
            std::string::npos);

  // ICCID held, number and counts as they were.
  const auto frozen_stock = Stock();
  EXPECT_EQ(frozen_stock.held_iccid_count(), stock.held_iccid_count() + 2);
  EXPECT_EQ(frozen_stock.free_numbers().at("11"),
            stock.free_numbers().at("11"));
  ASSERT_TRUE(floor->SignInAndStartSession().ok());
  EXPECT_EQ(ReasonText(Reserve(*floor, msisdn)), "NUMBER_TAKEN");
  const auto device =
      floor->Run(floor->terminal().CheckDevice(customer.eid, customer.imei));
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_EQ(device->live_count(), 1);
  EXPECT_FALSE(DisplayNow(*floor).has_order());
  EXPECT_FALSE(floor->Reveal(order_id).ok());

  // Four further numbers for this person, on other phones; not five.
  for (int i = 1; i <= 5; ++i) {
    auto next = OpenFloor();
    ASSERT_NE(next, nullptr);
    ASSERT_TRUE(
        next->VerifyAndReserve(MakeSyntheticCustomer(kPerson, kPerson + i))
            .ok());
    const auto order = next->CreateRaw(next->OrderRequest(
        next->terminal().attestation(), next->terminal().evidence().openings));
    EXPECT_EQ(ReasonText(order.status()),
              i < 5 ? "OK" : "PERSON_LIMIT_REACHED");
  }

  // It had lied: the phone downloads now. That is recorded and settles nothing;
  // two admins will.
  const auto late = floor->Download(customer.eid, code);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->result, "installed");
  ledger::v1::EntryFilter filter;
  filter.set_order(order_id);
  const auto events =
      WaitForEntries(*cluster_, filter, [](const std::vector<Event>& found) {
        return std::any_of(found.begin(), found.end(), [](const Event& event) {
          return event.order_details().notification_point() == 4;
        });
      });
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_GT(CountOf(*events, ledger::v1::EVENT_KIND_DOWNLOAD_PROGRESS), 0);
  EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_PROFILE_INSTALLED), 0);
  EXPECT_EQ(Stock().held_iccid_count(), stock.held_iccid_count() + 2);
}

TEST_F(FrozenOrdersTest, AnInstallNoticeWithinADaySettlesIt) {
  const SyntheticCustomer customer = ShopFloor::NewCustomer();
  std::string order_id;
  auto floor = ReadyFloor(customer, order_id);
  ASSERT_NE(floor, nullptr);
  const auto stock = Stock();
  const std::string code = EndSessionAndBeLiedTo(*floor, order_id);
  const auto download = floor->Download(customer.eid, code);
  ASSERT_TRUE(download.ok()) << download.status();
  EXPECT_EQ(download->result, "installed");
  // The session is over, so the installed order is closed at once.
  EXPECT_EQ(WaitForEvent(order_id, ledger::v1::EVENT_KIND_ORDER_CLOSED), 1);
  EXPECT_EQ(EventsNow(order_id, ledger::v1::EVENT_KIND_PROFILE_INSTALLED), 1);
  EXPECT_EQ(EventsNow(order_id, ledger::v1::EVENT_KIND_ORDER_FROZEN), 0);
  EXPECT_EQ(Stock().held_iccid_count(), stock.held_iccid_count());
}

// The same with one hour to wait and a session that is longer.
class FrozenInSessionTest : public FrozenOrdersTest {
 protected:
  static void SetUpTestSuite() {
    offset_ = absl::ZeroDuration();
    auto cluster = Cluster::Start({.configure = &ShortWait});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = cluster->release();
  }

  static absl::Status ShortWait(const shimingctl::Layout& layout) {
    RETURN_IF_ERROR(EditConfig<config::v1::ProfileOrderConfig>(
        layout.Config("profile_order.textproto"),
        [](config::v1::ProfileOrderConfig& config) {
          config.set_install_hours(1);
        }));
    return EditConfig<config::v1::TerminalSessionConfig>(
        layout.Config("terminal_session.textproto"),
        [](config::v1::TerminalSessionConfig& config) {
          config.set_session_minutes(240);
        });
  }
};

TEST_F(FrozenInSessionTest, ARevealedOrderFreezesBeforeTheClerksEyes) {
  std::string order_id;
  auto floor = ReadyFloor(ShopFloor::NewCustomer(), order_id);
  ASSERT_NE(floor, nullptr);
  ASSERT_TRUE(floor->Reveal(order_id).ok());
  const auto stock = Stock();
  RefuseNextCancel();
  ASSERT_TRUE(floor->Run(floor->terminal().CancelOrder(order_id)).ok());
  auto order =
      floor->WaitFor(order_id, order::v1::PROFILE_ORDER_STATE_DOWNLOADING);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_DOWNLOADING);
  EXPECT_EQ(order->smdp_status_code(), "8.2.1/3.3");
  // From now on the code is not shown any more, not even to its own request.
  EXPECT_EQ(ReasonText(floor->Reveal(order_id).status()), "CODE_USED");

  Advance(absl::Minutes(61));
  order = floor->WaitFor(order_id, order::v1::PROFILE_ORDER_STATE_FROZEN);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_FROZEN);
  EXPECT_EQ(order->failed_reason(), "INSTALL_UNKNOWN");
  EXPECT_EQ(order->smdp_status_code(), "8.2.1/3.3");
  EXPECT_EQ(order->cancel_reason(), order::v1::CANCEL_REASON_CLERK);
  EXPECT_EQ(WaitForEvent(order_id, ledger::v1::EVENT_KIND_ORDER_FROZEN,
                         "INSTALL_UNKNOWN"),
            1);
  EXPECT_EQ(Stock().held_iccid_count(), stock.held_iccid_count() + 1);

  EXPECT_EQ(DisplayNow(*floor).order().state(),
            order::v1::PROFILE_ORDER_STATE_FROZEN);
  EXPECT_EQ(ReasonText(floor->Reveal(order_id).status()), "CODE_DEAD");
  EXPECT_EQ(
      ReasonText(floor->Run(floor->terminal().CancelOrder(order_id)).status()),
      "ORDER_IS_FROZEN");
}

TEST_F(FrozenInSessionTest, AnUnrevealedOrderFreezesToo) {
  const SyntheticCustomer customer = ShopFloor::NewCustomer();
  std::string order_id;
  auto floor = ReadyFloor(customer, order_id);
  ASSERT_NE(floor, nullptr);
  const auto stock = Stock();
  RefuseNextCancel();
  ASSERT_TRUE(floor->Run(floor->terminal().CancelOrder(order_id)).ok());
  EXPECT_EQ(
      WaitForEvent(order_id, ledger::v1::EVENT_KIND_ALARM, "CANCEL_REFUSED"),
      1);
  auto order = floor->Run(floor->terminal().GetOrder(order_id));
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_CANCELLING);
  EXPECT_EQ(ReasonText(floor->Reveal(order_id).status()), "CODE_DEAD");
  // It was never released: nobody gets it, whatever the SM-DP+ says.
  const auto download = floor->Download(customer.eid, "");
  ASSERT_TRUE(download.ok()) << download.status();
  EXPECT_EQ(download->result, "refused");

  Advance(absl::Minutes(61));
  order = floor->WaitFor(order_id, order::v1::PROFILE_ORDER_STATE_FROZEN);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_FROZEN);
  EXPECT_EQ(Stock().held_iccid_count(), stock.held_iccid_count() + 1);
  EXPECT_EQ(EventsNow(order_id, ledger::v1::EVENT_KIND_CODE_REVEALED), 0);
}

TEST_F(FrozenInSessionTest, AnyOtherRefusalOfTheCancelFreezesAtOnce) {
  std::string order_id;
  auto floor = ReadyFloor(ShopFloor::NewCustomer(), order_id);
  ASSERT_NE(floor, nullptr);
  ASSERT_TRUE(floor->Reveal(order_id).ok());
  const auto stock = Stock();
  ASSERT_TRUE(smdp_->Refuse("cancelOrder", "8.2.1", "1.2").ok());
  ASSERT_TRUE(floor->Run(floor->terminal().CancelOrder(order_id)).ok());
  const auto order =
      floor->WaitFor(order_id, order::v1::PROFILE_ORDER_STATE_FROZEN);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->state(), order::v1::PROFILE_ORDER_STATE_FROZEN);
  EXPECT_EQ(order->failed_reason(), "CANCEL_REFUSED");
  EXPECT_EQ(order->smdp_status_code(), "8.2.1/1.2");
  EXPECT_EQ(Stock().held_iccid_count(), stock.held_iccid_count() + 1);
  EXPECT_EQ(ReasonText(floor->Reveal(order_id).status()), "CODE_DEAD");
}

}  // namespace
}  // namespace shiming::e2e

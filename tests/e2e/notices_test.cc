// Notices that are not the order's SM-DP+'s to send: from a peer that is
// configured and pinned but got another's order, about an ICCID of no order,
// from a peer that is not pinned. Real simulators send them until they get 204.
#include <boost/asio/thread_pool.hpp>
#include <cstdlib>
#include <map>

#include "absl/strings/str_split.h"
#include "common/http/http_client.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"
#include "tests/e2e/other_smdp.h"
#include "tests/e2e/smdp_control.h"
#include "tests/fault/log_record.h"
#include "tools/shiming_terminal/synthetic_stock.h"
#include "tools/shimingctl/pki.h"

namespace shiming::e2e {
namespace {

using ledger::v1::Event;
using order::v1::ProfileOrder;

const OtherSmdpIdentity& PinnedPeer() {
  static const auto& identity = *new OtherSmdpIdentity{
      .id = "smdp-2", .requester = "2.999.1.2", .port = kFirstFreePort};
  return identity;
}

constexpr char kNoOrder[] = "NOTICE_OF_NO_ORDER";

class NoticesTest : public E2eTest {
 protected:
  static void SetUpTestSuite() {
    auto cluster =
        Cluster::Start({.configure = [](const shimingctl::Layout& layout) {
          return PinOtherSmdp(layout, PinnedPeer());
        }});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = cluster->release();
  }

  // A revealed order, with its phone.
  struct Revealed {
    std::unique_ptr<ShopFloor> floor;
    shiming_terminal::SyntheticCustomer customer;
    std::string code;
    ProfileOrder order;
  };

  Revealed RevealOrder() {
    Revealed revealed;
    revealed.customer = ShopFloor::NewCustomer();
    revealed.floor = OpenFloor();
    if (revealed.floor == nullptr) return revealed;
    const absl::Status verified =
        revealed.floor->VerifyAndReserve(revealed.customer);
    EXPECT_TRUE(verified.ok()) << verified;
    const auto order_id = revealed.floor->OrderUntilReady();
    EXPECT_TRUE(order_id.ok()) << order_id.status();
    if (!order_id.ok()) return revealed;
    const auto code = revealed.floor->Reveal(*order_id);
    EXPECT_TRUE(code.ok()) << code.status();
    revealed.code = code.value_or("");
    revealed.order = OrderNow(*revealed.floor, *order_id);
    return revealed;
  }

  static ProfileOrder OrderNow(ShopFloor& floor, const std::string& order_id) {
    const auto order = floor.Run(floor.terminal().GetOrder(order_id));
    EXPECT_TRUE(order.ok()) << order.status();
    return order.value_or(ProfileOrder());
  }

  // The order goes on as if nothing had been said of it.
  static void ExpectUnaffected(Revealed& revealed) {
    const std::string order_id = revealed.order.order_id();
    const ProfileOrder now = OrderNow(*revealed.floor, order_id);
    EXPECT_EQ(now.state(), order::v1::PROFILE_ORDER_STATE_REVEALED);
    EXPECT_EQ(now.version(), revealed.order.version());
    const auto events = EntriesOfOrder(*cluster_, order_id);
    ASSERT_TRUE(events.ok()) << events.status();
    EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_ALARM), 0);
    EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_DOWNLOAD_PROGRESS), 0);
    const auto download =
        revealed.floor->Download(revealed.customer.eid, revealed.code);
    ASSERT_TRUE(download.ok()) << download.status();
    EXPECT_EQ(download->result, "installed");
    const auto installed = revealed.floor->WaitFor(
        order_id, order::v1::PROFILE_ORDER_STATE_INSTALLED);
    ASSERT_TRUE(installed.ok()) << installed.status();
    EXPECT_EQ(installed->state(), order::v1::PROFILE_ORDER_STATE_INSTALLED);
  }

  // Alarms about notices of no order in the published log, by peer. Waits
  // until there are `at_least` in all: a checkpoint follows within a second.
  static std::map<std::string, int> WaitForStrayAlarms(int at_least) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (true) {
      std::map<std::string, int> by_peer;
      int all = 0;
      const auto record = fault::ReadLog(cluster_->layout());
      EXPECT_TRUE(record.ok()) << record.status();
      if (!record.ok()) return by_peer;
      for (const Event& event : record->events) {
        if (event.kind() != ledger::v1::EVENT_KIND_ALARM) continue;
        if (event.refused_reason() != kNoOrder) continue;
        EXPECT_EQ(event.order(), "");
        // Who is meant is told by pseudonym only.
        EXPECT_EQ(event.pseudonyms_size(), 1);
        ++by_peer[event.order_details().smdp_peer()];
        ++all;
      }
      if (all >= at_least || absl::Now() > deadline) return by_peer;
      absl::SleepFor(absl::Milliseconds(50));
    }
  }

  // The value of a metric with exactly these labels; 0 where there is none.
  static double MetricNow(const std::string& name_and_labels) {
    const auto metrics =
        cluster_->AdminGet(cluster_->ServiceNames().front(), "/metrics");
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    if (!metrics.ok()) return -1;
    for (const auto& line : absl::StrSplit(metrics->body, '\n')) {
      const std::string text(line);
      if (text.rfind(name_and_labels + " ", 0) == 0) {
        return std::strtod(text.c_str() + name_and_labels.size(), nullptr);
      }
    }
    return 0;
  }

  // A metric may be counted just after its cause was seen: waits for it, at
  // most 20 s.
  static bool RisesAbove(const std::string& name_and_labels, double before) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      if (MetricNow(name_and_labels) > before) return true;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return false;
  }

  static constexpr char kTaken[] =
      "shiming_gateway_notices_total{outcome=\"taken\"}";
  static constexpr char kRefused[] =
      "shiming_gateway_notices_total{outcome=\"refused\"}";
  static constexpr char kHandshakes[] =
      "shiming_gateway_handshake_failures_total{listener=\"notices\"}";
};

TEST_F(NoticesTest, OfAnotherPinnedSmdpAlarmsAndTouchesNoOrder) {
  auto other = OtherSmdp::Start(cluster_->layout(), PinnedPeer());
  ASSERT_TRUE(other.ok()) << other.status();
  Revealed revealed = RevealOrder();
  ASSERT_FALSE(revealed.code.empty());
  const int before = WaitForStrayAlarms(0)["smdp-2"];
  const double taken = MetricNow(kTaken);

  // It claims the installation, twice in the same words: one notice.
  SmdpControl& liar = (*other)->control();
  ASSERT_TRUE(liar.DoubleNextNotice().ok());
  ASSERT_TRUE(liar.SendNotice({.iccid = revealed.order.iccid(),
                               .eid = revealed.customer.eid})
                  .ok());
  const auto counts = liar.WaitForNotices([](const NoticeCounts& now) {
    return now.delivered == 1 && now.undelivered == 0;
  });
  ASSERT_TRUE(counts.ok()) << counts.status();
  // 204 at once, for both copies.
  EXPECT_EQ(counts->delivered, 1);
  EXPECT_EQ(counts->undelivered, 0);
  EXPECT_EQ(counts->failed_calls, 0);
  EXPECT_TRUE(RisesAbove(kTaken, taken + 1));

  EXPECT_EQ(WaitForStrayAlarms(before + 1)["smdp-2"], before + 1);
  ExpectUnaffected(revealed);
  EXPECT_EQ(WaitForStrayAlarms(before + 1)["smdp-2"], before + 1);
}

TEST_F(NoticesTest, OfAnIccidWithoutOrderAlarms) {
  auto smdp = SmdpControl::Open(
      cluster_->layout().Address(shimingctl::Port::kSmdpDevice));
  ASSERT_TRUE(smdp.ok()) << smdp.status();
  const int before = WaitForStrayAlarms(0)["smdp-1"];
  const auto delivered = (*smdp)->Notices();
  ASSERT_TRUE(delivered.ok()) << delivered.status();

  // One of our own stock, in no order yet, and one that nobody knows.
  const std::vector<std::string> stock =
      absl::StrSplit(shiming_terminal::IccidsCsv(299, 1), '\n');
  const std::string ours = stock.at(1).substr(0, stock.at(1).find(','));
  const std::string nobodys = "8947010000123456784";
  for (const std::string& iccid : {ours, nobodys}) {
    ASSERT_TRUE(
        (*smdp)
            ->SendNotice({.iccid = iccid, .eid = ShopFloor::NewCustomer().eid})
            .ok());
  }
  const auto counts = (*smdp)->WaitForNotices([&](const NoticeCounts& now) {
    return now.delivered >= delivered->delivered + 2;
  });
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->delivered, delivered->delivered + 2);
  EXPECT_EQ(counts->failed_calls, delivered->failed_calls);
  EXPECT_EQ(WaitForStrayAlarms(before + 2)["smdp-1"], before + 2);
}

TEST_F(NoticesTest, OfAPinnedKeyInAnothersNameIsRefused) {
  OtherSmdpIdentity pretender = PinnedPeer();
  pretender.requester = "2.999.1.1";  // the first one's
  auto other = OtherSmdp::Start(cluster_->layout(), pretender);
  ASSERT_TRUE(other.ok()) << other.status();
  Revealed revealed = RevealOrder();
  ASSERT_FALSE(revealed.code.empty());
  const double refused = MetricNow(kRefused);
  ASSERT_TRUE((*other)
                  ->control()
                  .SendNotice({.iccid = revealed.order.iccid(),
                               .eid = revealed.customer.eid})
                  .ok());
  const auto counts = (*other)->control().WaitForNotices(
      [](const NoticeCounts& now) { return now.failed_calls > 0; });
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_GT(counts->failed_calls, 0);
  EXPECT_EQ(counts->delivered, 0);
  EXPECT_TRUE(RisesAbove(kRefused, refused));
  ExpectUnaffected(revealed);
}

TEST_F(NoticesTest, OfAPeerThatIsNotPinnedFailsItsHandshakeAndIsCounted) {
  // A certificate of the right CA, and the right requester identifier; only
  // the key is not pinned.
  auto stranger = OtherSmdp::Start(
      cluster_->layout(),
      {.id = "smdp-3", .requester = "2.999.1.1", .port = kFirstFreePort + 2});
  ASSERT_TRUE(stranger.ok()) << stranger.status();
  Revealed revealed = RevealOrder();
  ASSERT_FALSE(revealed.code.empty());
  const double failures = MetricNow(kHandshakes);
  ASSERT_TRUE((*stranger)
                  ->control()
                  .SendNotice({.iccid = revealed.order.iccid(),
                               .eid = revealed.customer.eid})
                  .ok());
  const auto counts = (*stranger)->control().WaitForNotices(
      [](const NoticeCounts& now) { return now.failed_calls > 0; });
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_GT(counts->failed_calls, 0);
  EXPECT_EQ(counts->delivered, 0);
  EXPECT_EQ(counts->undelivered, 1);
  EXPECT_TRUE(RisesAbove(kHandshakes, failures));
  ExpectUnaffected(revealed);
  EXPECT_EQ(WaitForStrayAlarms(0).count("smdp-3"), 0u);
}

TEST_F(NoticesTest, APeerOfAnotherCaOrWithoutCertificateFailsItsHandshake) {
  const shimingctl::Layout& layout = cluster_->layout();
  auto other_ca = shimingctl::DevelopmentPki::Open(layout.data + "/other_pki",
                                                   layout.trust_domain);
  ASSERT_TRUE(other_ca.ok()) << other_ca.status();
  ASSERT_TRUE(other_ca->EnsureIdentity("svc/smdp_plus", "smdp_plus").ok());
  http::TlsFiles nobody;
  nobody.ca_file = layout.Pki() + "/ca.crt";
  http::TlsFiles foreign = nobody;
  foreign.certificate_file = layout.data + "/other_pki/smdp_plus.crt";
  foreign.key_file = layout.data + "/other_pki/smdp_plus.key";
  for (const http::TlsFiles& tls : {nobody, foreign}) {
    const double failures = MetricNow(kHandshakes);
    boost::asio::thread_pool pool(1);
    auto client = http::HttpClient::Create(
        {.executor = pool.get_executor(),
         .base_url =
             "https://" + layout.Address(shimingctl::Port::kGatewayNotices),
         .tls = tls});
    ASSERT_TRUE(client.ok()) << client.status();
    const http::Outcome outcome = (*client)->CallBlocking(
        {.target = "/gsma/rsp2/es2plus/handleDownloadProgressInfo",
         .headers = {{"Content-Type", "application/json"},
                     {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}},
         .body = "{}",
         .timeout = absl::Seconds(5)});
    EXPECT_NE(outcome.kind, http::Outcome::Kind::kResponse);
    EXPECT_TRUE(RisesAbove(kHandshakes, failures));
    client->reset();
    pool.join();
  }
}

}  // namespace
}  // namespace shiming::e2e

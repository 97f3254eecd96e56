// Two instances of each service on one PostgreSQL. Goal: what one commits the
// streams at the other hear within a second, at one read per period however
// many they are; of two ledgers one works, and the other is passed over.
#include <grpcpp/client_context.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "common/ids/ids.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tests/e2e/e2e_test_base.h"
#include "tools/shimingctl/connection.h"

namespace shiming::e2e {
namespace {

using order::v1::CustomerDisplayService;
using order::v1::ProfileOrderService;
using order::v1::WatchDisplayResponse;
using order::v1::WatchOrderResponse;
using shimingctl::CallBlocking;
using shimingctl::Port;
using terminal::v1::TerminalSessionService;
using terminal::v1::WatchSessionResponse;

constexpr absl::Duration kPatience = absl::Seconds(30);
// Between a change at one instance and its news at the other.
constexpr absl::Duration kWithin = absl::Seconds(1);
constexpr int kRounds = 5;
constexpr int kStreams = 40;
// How often a feed looks.
constexpr absl::Duration kFeedPeriod = absl::Milliseconds(100);

// Reads a stream on a thread of its own; keeps the newest answer.
template <class Response>
class Watcher {
 public:
  using Reader = std::unique_ptr<grpc::ClientReader<Response>>;

  explicit Watcher(const std::function<Reader(grpc::ClientContext*)>& open) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(5)));
    context_.set_wait_for_ready(true);
    reader_ = open(&context_);
    thread_ = std::thread([this] { ReadAll(); });
  }
  ~Watcher() {
    context_.TryCancel();
    thread_.join();
    reader_->Finish();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Until the newest answer is a wanted one: when that came, or the infinite
  // future.
  absl::Time WaitFor(const std::function<bool(const Response&)>& wanted) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, absl::ToChronoMilliseconds(kPatience),
                          [&] { return has_answer_ && wanted(newest_); });
    return came ? newest_time_ : absl::InfiniteFuture();
  }

 private:
  void ReadAll() {
    Response response;
    while (reader_->Read(&response)) {
      std::lock_guard lock(mutex_);
      has_answer_ = true;
      newest_ = response;
      newest_time_ = absl::Now();
      changed_.notify_all();
    }
  }

  grpc::ClientContext context_;
  Reader reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_answer_ = false;  // guarded by mutex_
  Response newest_;          // likewise
  absl::Time newest_time_;   // likewise
  std::thread thread_;       // last: it uses all of the above
};

// The middle one of an odd number.
absl::Duration MedianOf(std::vector<absl::Duration> gaps) {
  std::sort(gaps.begin(), gaps.end());
  return gaps[gaps.size() / 2];
}

class TwoInstancesTest : public E2eTest {
 protected:
  static void SetUpTestSuite() {
    auto cluster = Cluster::Start(
        {.mode = Mode::kSeparate, .postgres = true, .instances = 2});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = cluster->release();
  }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(E2eTest::SetUp());
    floor_ = OpenFloor();
    ASSERT_NE(floor_, nullptr);
    first_order_ = OrderStubAt(Port::kProfileOrder);
    second_order_ = OrderStubAt(SecondOf(Port::kProfileOrder));
  }

  std::shared_ptr<grpc::Channel> ChannelTo(const DeviceFiles& device, Port port,
                                           const std::string& service) {
    auto channel =
        cluster_->ChannelAt(device, cluster_->layout().Address(port), service);
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *std::move(channel);
  }
  std::unique_ptr<ProfileOrderService::Stub> OrderStubAt(Port port) {
    return ProfileOrderService::NewStub(
        ChannelTo(last_counter_.terminal, port, "profile_order"));
  }

  order::v1::WatchOrderRequest WatchOf(const std::string& order_id) {
    order::v1::WatchOrderRequest request;
    request.set_shift_token(floor_->terminal().shift_token());
    request.set_session_id(floor_->terminal().session_id());
    request.set_order_id(order_id);
    return request;
  }
  // At the first instance.
  std::unique_ptr<Watcher<WatchOrderResponse>> WatchOrder(
      const std::string& order_id) {
    const order::v1::WatchOrderRequest request = WatchOf(order_id);
    return std::make_unique<Watcher<WatchOrderResponse>>(
        [&](grpc::ClientContext* context) {
          return first_order_->WatchOrder(context, request);
        });
  }

  absl::Status CancelAtSecond(const std::string& order_id) {
    order::v1::CancelOrderRequest cancel;
    cancel.set_request_id(NewUuid(crypto::SystemRandom()));
    cancel.set_shift_token(floor_->terminal().shift_token());
    cancel.set_session_id(floor_->terminal().session_id());
    cancel.set_order_id(order_id);
    return CallBlocking(*second_order_, &ProfileOrderService::Stub::CancelOrder,
                        cancel)
        .status();
  }

  // A line of the first profile_order's /metrics; -1: it is not there.
  static double FeedMetric(const std::string& name) {
    const auto answer = cluster_->AdminGet("profile_order", "/metrics");
    if (!answer.ok()) return -1;
    const std::string line = "\n" + name + "{feed=\"orders\"} ";
    const size_t at = answer->body.find(line);
    if (at == std::string::npos) return -1;
    return atof(answer->body.c_str() + at + line.size());
  }
  // Until the metric is so high; true when it came to that.
  static bool WaitForFeed(const std::string& name, double value) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (FeedMetric(name) < value) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return true;
  }

  std::unique_ptr<ShopFloor> floor_;
  std::unique_ptr<ProfileOrderService::Stub> first_order_;
  std::unique_ptr<ProfileOrderService::Stub> second_order_;
};

// Method: streams are open at the first instance, the order is cancelled at the
// second; from the request on, so that the call is counted, too.
TEST_F(TwoInstancesTest, OrderStreamsHearOfWhatTheOtherInstanceCommits) {
  const auto display_channel =
      ChannelTo(last_counter_.display, Port::kProfileOrder, "profile_order");
  const auto display_stub = CustomerDisplayService::NewStub(display_channel);
  Watcher<WatchDisplayResponse> display([&](grpc::ClientContext* context) {
    return display_stub->WatchDisplay(context,
                                      order::v1::WatchDisplayRequest());
  });
  std::vector<absl::Duration> order_gaps;
  std::vector<absl::Duration> display_gaps;
  for (int round = 0; round < kRounds; ++round) {
    const absl::Status verified =
        floor_->VerifyAndReserve(ShopFloor::NewCustomer());
    ASSERT_TRUE(verified.ok()) << verified;
    const auto order_id = floor_->OrderUntilReady();
    ASSERT_TRUE(order_id.ok()) << order_id.status();
    const auto stream = WatchOrder(*order_id);
    const auto order_is_ready = [](const WatchOrderResponse& answer) {
      return answer.order().state() == order::v1::PROFILE_ORDER_STATE_READY;
    };
    const auto is_shown = [&](const WatchDisplayResponse& answer) {
      return answer.order().order_id() == *order_id &&
             answer.order().state() == order::v1::PROFILE_ORDER_STATE_READY;
    };
    ASSERT_NE(stream->WaitFor(order_is_ready), absl::InfiniteFuture());
    ASSERT_NE(display.WaitFor(is_shown), absl::InfiniteFuture());

    const absl::Time asked = absl::Now();
    const absl::Status cancelled = CancelAtSecond(*order_id);
    ASSERT_TRUE(cancelled.ok()) << cancelled;
    order_gaps.push_back(stream->WaitFor([&](const WatchOrderResponse& answer) {
      return !order_is_ready(answer);
    }) - asked);
    display_gaps.push_back(
        display.WaitFor([&](const WatchDisplayResponse& answer) {
          return !is_shown(answer);
        }) -
        asked);
    const auto closed = floor_->Run(floor_->terminal().CloseSession());
    ASSERT_TRUE(closed.ok()) << closed.status();
    const auto next = floor_->Run(floor_->terminal().StartSession());
    ASSERT_TRUE(next.ok()) << next.status();
  }
  EXPECT_LT(MedianOf(order_gaps), kWithin);
  EXPECT_LT(MedianOf(display_gaps), kWithin);
}

TEST_F(TwoInstancesTest, SessionStreamsHearOfWhatTheOtherInstanceCommits) {
  const auto first = TerminalSessionService::NewStub(ChannelTo(
      last_counter_.terminal, Port::kTerminalSession, "terminal_session"));
  const auto second = TerminalSessionService::NewStub(
      ChannelTo(last_counter_.terminal, SecondOf(Port::kTerminalSession),
                "terminal_session"));
  std::vector<absl::Duration> gaps;
  for (int round = 0; round < kRounds; ++round) {
    terminal::v1::WatchSessionRequest watch;
    watch.set_shift_token(floor_->terminal().shift_token());
    watch.set_session_id(floor_->terminal().session_id());
    Watcher<WatchSessionResponse> stream([&](grpc::ClientContext* context) {
      return first->WatchSession(context, watch);
    });
    const auto is_open = [](const WatchSessionResponse& answer) {
      return answer.session().state() == terminal::v1::SESSION_STATE_OPEN;
    };
    ASSERT_NE(stream.WaitFor(is_open), absl::InfiniteFuture());

    terminal::v1::CloseSessionRequest close;
    close.set_request_id(NewUuid(crypto::SystemRandom()));
    close.set_shift_token(floor_->terminal().shift_token());
    close.set_session_id(floor_->terminal().session_id());
    const absl::Time asked = absl::Now();
    const auto closed = CallBlocking(
        *second, &TerminalSessionService::Stub::CloseSession, close);
    ASSERT_TRUE(closed.ok()) << closed.status();
    gaps.push_back(stream.WaitFor([&](const WatchSessionResponse& answer) {
      return !is_open(answer);
    }) - asked);
    const auto next = floor_->Run(floor_->terminal().StartSession());
    ASSERT_TRUE(next.ok()) << next.status();
  }
  EXPECT_LT(MedianOf(gaps), kWithin);
}

TEST_F(TwoInstancesTest, AnyNumberOfStreamsCostsOneReadAPeriod) {
  const absl::Status verified =
      floor_->VerifyAndReserve(ShopFloor::NewCustomer());
  ASSERT_TRUE(verified.ok()) << verified;
  const auto order_id = floor_->OrderUntilReady();
  ASSERT_TRUE(order_id.ok()) << order_id.status();
  std::vector<std::unique_ptr<Watcher<WatchOrderResponse>>> streams;
  for (int i = 0; i < kStreams; ++i) streams.push_back(WatchOrder(*order_id));
  ASSERT_TRUE(WaitForFeed("shiming_feed_subscriptions", kStreams));

  const absl::Time begin = absl::Now();
  const double reads_before = FeedMetric("shiming_feed_reads_total");
  ASSERT_GE(reads_before, 1);
  ASSERT_TRUE(WaitForFeed("shiming_feed_reads_total", reads_before + 10));
  const double reads = FeedMetric("shiming_feed_reads_total") - reads_before;
  const double periods = (absl::Now() - begin) / kFeedPeriod;
  EXPECT_LE(reads, periods + 1);

  // And all of them hear.
  const absl::Status cancelled = CancelAtSecond(*order_id);
  ASSERT_TRUE(cancelled.ok()) << cancelled;
  for (const auto& stream : streams) {
    EXPECT_NE(stream->WaitFor([](const WatchOrderResponse& answer) {
      return answer.order().state() != order::v1::PROFILE_ORDER_STATE_READY;
    }),
              absl::InfiniteFuture());
  }
}

TEST_F(TwoInstancesTest, OneLedgerWorksAndTheOtherIsPassedOver) {
  int ready = 0;
  for (const char* name : {"issuance_ledger", "issuance_ledger-2"}) {
    const auto answer = cluster_->AdminGet(name, "/readyz");
    ASSERT_TRUE(answer.ok()) << name << answer.status();
    if (answer->status == 200) ++ready;
    EXPECT_TRUE(cluster_->process(name).running()) << name;
  }
  EXPECT_EQ(ready, 1);
  // Steps 1 to 6, each of which stands on the record before it is answered.
  const absl::Status verified =
      floor_->VerifyAndReserve(ShopFloor::NewCustomer());
  ASSERT_TRUE(verified.ok()) << verified;
  const auto order_id = floor_->OrderUntilReady();
  ASSERT_TRUE(order_id.ok()) << order_id.status();
  const auto code = floor_->Reveal(*order_id);
  EXPECT_TRUE(code.ok()) << code.status();
}

}  // namespace
}  // namespace shiming::e2e

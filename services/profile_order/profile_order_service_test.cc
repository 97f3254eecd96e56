// The gRPC services behind the real dispatcher: status codes, details, streams.
#include "services/profile_order/profile_order_service.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/rpc/grpc_status.h"
#include "common/status/reason.h"
#include "common/testing/in_process_server.h"
#include "services/profile_order/testing/order_bench.h"

namespace shiming::profile_order::testing {
namespace {

using shiming::testing::AdminPeer;
using shiming::testing::DisplayPeer;
using shiming::testing::InProcessServer;
using shiming::testing::ServicePeer;
using shiming::testing::TerminalPeer;

// Never says that anything ended.
class QuietEnds final : public EndsSource {
 public:
  Awaitable<absl::Status> Watch(int64_t, OnNotice) override {
    co_return absl::OkStatus();
  }
  void Cancel() override {}
};

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(20));
}

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest()
      : standings_(bench_.authority()),
        ends_({.book = bench_.book(),
               .worker = bench_.worker(),
               .machine = bench_.machine(),
               .standings = standings_,
               .source = quiet_,
               .clock = bench_.clock(),
               .executor = bench_.runtime().executor()}),
        streams_({.book = bench_.book(),
                  .orders = bench_.orders(),
                  .authority = bench_.authority(),
                  .ends = ends_}),
        orders_(server_.dispatcher(), bench_.orders(), streams_),
        displays_(server_.dispatcher(), bench_.reveals(), streams_),
        progress_(server_.dispatcher(), bench_.intake(), bench_.clock()),
        inventory_(server_.dispatcher(), bench_.inventory()) {
    bench_.ImportStock(5);
    server_.Serve({&orders_, &displays_, &progress_, &inventory_});
    terminal_ = order::v1::ProfileOrderService::NewStub(
        server_.Channel(TerminalPeer("s1", "t1", std::string(32, 't'))));
    display_ = order::v1::CustomerDisplayService::NewStub(
        server_.Channel(DisplayPeer("s1", "d1", std::string(32, 'd'))));
    gateway_ = order::v1::DownloadProgressService::NewStub(
        server_.Channel(ServicePeer("gateway")));
    admin_ =
        order::v1::InventoryService::NewStub(server_.Channel(AdminPeer("a1")));
  }
  ~ServiceTest() override { server_.Stop(); }

  OrderBench bench_;
  QuietEnds quiet_;
  Standings standings_;
  InProcessServer server_;
  EndsWatcher ends_;
  OrderStreams streams_;
  ProfileOrderServiceRpc orders_;
  CustomerDisplayServiceRpc displays_;
  DownloadProgressServiceRpc progress_;
  InventoryServiceRpc inventory_;
  std::unique_ptr<order::v1::ProfileOrderService::Stub> terminal_;
  std::unique_ptr<order::v1::CustomerDisplayService::Stub> display_;
  std::unique_ptr<order::v1::DownloadProgressService::Stub> gateway_;
  std::unique_ptr<order::v1::InventoryService::Stub> admin_;
};

TEST_F(ServiceTest, OneOrderFromBothSides) {
  const std::string session = bench_.authority().OpenSession();
  grpc::ClientContext display_context;
  SetDeadline(display_context);
  auto watch = display_->WatchDisplay(&display_context, {});
  order::v1::WatchDisplayResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_FALSE(seen.has_order());

  grpc::ClientContext create_context;
  SetDeadline(create_context);
  order::v1::CreateOrderResponse created;
  const grpc::Status status = terminal_->CreateOrder(
      &create_context, bench_.NewRequest(session), &created);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(created.order().state(), order::v1::PROFILE_ORDER_STATE_ORDERING);
  EXPECT_EQ(created.order().eid_suffix(), "901235");
  EXPECT_EQ(created.order().msisdn_masked().substr(0, 7), "*******");

  do {
    ASSERT_TRUE(watch->Read(&seen));
  } while (seen.order().state() != order::v1::PROFILE_ORDER_STATE_READY);
  EXPECT_EQ(seen.order().order_id(), created.order().order_id());

  grpc::ClientContext reveal_context;
  SetDeadline(reveal_context);
  order::v1::RevealActivationCodeRequest reveal;
  reveal.set_request_id(bench_.NewUuid());
  reveal.set_order_id(created.order().order_id());
  order::v1::RevealActivationCodeResponse code;
  const grpc::Status revealed =
      display_->RevealActivationCode(&reveal_context, reveal, &code);
  ASSERT_TRUE(revealed.ok()) << revealed.error_message();
  EXPECT_EQ(code.activation_code().substr(0, 2), "1$");
  display_context.TryCancel();

  grpc::ClientContext get_context;
  SetDeadline(get_context);
  order::v1::GetOrderRequest get;
  get.set_session_id(session);
  get.set_order_id(created.order().order_id());
  order::v1::GetOrderResponse got;
  ASSERT_TRUE(terminal_->GetOrder(&get_context, get, &got).ok());
  EXPECT_EQ(got.order().state(), order::v1::PROFILE_ORDER_STATE_REVEALED);
}

TEST_F(ServiceTest, WatchOrderEndsWithTheSession) {
  const Order ready = bench_.PlaceReady();
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::WatchOrderRequest request;
  request.set_session_id(ready.session_id);
  request.set_order_id(ready.order_id);
  auto watch = terminal_->WatchOrder(&context, request);
  order::v1::WatchOrderResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.order().state(), order::v1::PROFILE_ORDER_STATE_READY);
  bench_.hub().End(SessionTopic(ready.session_id));
  EXPECT_FALSE(watch->Read(&seen));
  EXPECT_TRUE(watch->Finish().ok());
}

TEST_F(ServiceTest, ATerminalSeesOnlyItsOwnSessionsOrders) {
  const Order ready = bench_.PlaceReady();
  const std::string other = bench_.authority().OpenSession(2);
  auto stub = order::v1::ProfileOrderService::NewStub(
      server_.Channel(TerminalPeer("s1", "t2", std::string(32, 't'))));
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::GetOrderRequest get;
  get.set_session_id(other);
  get.set_order_id(ready.order_id);
  order::v1::GetOrderResponse got;
  const grpc::Status status = stub->GetOrder(&context, get, &got);
  EXPECT_TRUE(HasReason(rpc::FromGrpcStatus(status), Reason::ORDER_UNKNOWN));
}

TEST_F(ServiceTest, AClerksTerminalGetsNoCode) {
  auto stub = order::v1::CustomerDisplayService::NewStub(
      server_.Channel(TerminalPeer("s1", "t1", std::string(32, 't'))));
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::RevealActivationCodeResponse code;
  const grpc::Status status = stub->RevealActivationCode(&context, {}, &code);
  EXPECT_TRUE(HasReason(rpc::FromGrpcStatus(status), Reason::ACCESS_DENIED));
}

TEST_F(ServiceTest, MalformedNoticesNameTheMember) {
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::HandleDownloadProgressRequest request;
  request.set_smdp_peer(kSmdpId);
  request.set_body("{\"iccid\":\"8986011123456789014\"}");
  order::v1::HandleDownloadProgressResponse response;
  const absl::Status status = rpc::FromGrpcStatus(
      gateway_->HandleDownloadProgress(&context, request, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PartsOf(status).field, "body.notificationPointId");
}

TEST_F(ServiceTest, ImportsNameTheWrongLine) {
  grpc::ClientContext context;
  SetDeadline(context);
  order::v1::ImportIccidsRequest request;
  request.set_request_id(bench_.NewUuid());
  request.set_smdp(kSmdpId);
  request.set_csv("iccid,profile_type\n8986011123456789015,A\n");
  order::v1::ImportIccidsResponse response;
  const absl::Status status =
      rpc::FromGrpcStatus(admin_->ImportIccids(&context, request, &response));
  EXPECT_TRUE(HasReason(status, Reason::BAD_CHECK_DIGIT));
  EXPECT_EQ(PartsOf(status).metadata.at("line"), "2");
}

}  // namespace
}  // namespace shiming::profile_order::testing

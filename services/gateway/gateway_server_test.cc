// The gateway over real TLS, with a DownloadProgressService behind it.
#include "services/gateway/gateway_server.h"

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <string>

#include "common/crypto/encoding.h"
#include "common/crypto/random.h"
#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/http/http_client.h"
#include "common/testing/in_process_server.h"
#include "common/testing/temp_dir.h"
#include "common/testing/test_pki.h"
#include "shiming/order/v1/order_service.grpc.pb.h"

namespace shiming::gateway {
namespace {

using order::v1::HandleDownloadProgressRequest;
using order::v1::HandleDownloadProgressResponse;

constexpr char kNotice[] =
    R"({"header":{"functionRequesterIdentifier":"2.999.1.1"}})";

class FakeProgressService final
    : public order::v1::DownloadProgressService::CallbackService {
 public:
  explicit FakeProgressService(rpc::Dispatcher& dispatcher)
      : dispatcher_(dispatcher) {}

  grpc::ServerUnaryReactor* HandleDownloadProgress(
      grpc::CallbackServerContext* context,
      const HandleDownloadProgressRequest* request,
      HandleDownloadProgressResponse* response) override {
    return dispatcher_.Unary(
        context,
        "/shiming.order.v1.DownloadProgressService/HandleDownloadProgress",
        request, response,
        std::bind_front(&FakeProgressService::DoHandle, this));
  }

  asio::awaitable<absl::Status> DoHandle(
      const rpc::Call&, const HandleDownloadProgressRequest& request,
      HandleDownloadProgressResponse*) {
    std::lock_guard lock(mutex);
    last = request;
    co_return answer;
  }

  std::mutex mutex;
  absl::Status answer;
  HandleDownloadProgressRequest last;

 private:
  rpc::Dispatcher& dispatcher_;
};

class GatewayServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    orders_.Serve({&progress_});
    const auto own = pki_.Issue({"spiffe://shiming.test/svc/gateway"});
    smdp_ = pki_.Issue({});
    config::v1::GatewayConfig config;
    auto& notices = *config.mutable_notices();
    notices.set_listen("127.0.0.1:0");
    notices.mutable_tls()->set_certificate_file(own.cert);
    notices.mutable_tls()->set_key_file(own.key);
    notices.mutable_tls()->set_ca_file(own.ca);
    auto& peer = *notices.add_peers();
    peer.set_smdp("smdp-1");
    peer.set_requester("2.999.1.1");
    peer.add_key_sha256(crypto::ToHex(
        *crypto::PublicKeyHashOfCertificate(*ReadFile(smdp_.cert))));
    auto& log = *config.mutable_log();
    log.set_listen("127.0.0.1:0");
    log.mutable_tls()->set_certificate_file(own.cert);
    log.mutable_tls()->set_key_file(own.key);
    log.set_folder(dir_.path());
    dir_.Write("checkpoint", "origin\n");
    auto server = GatewayServer::Make(
        config, {.runtime = orders_.runtime(),
                 .dispatcher = orders_.dispatcher(),
                 .clock = clock_,
                 .random = crypto::SystemRandom(),
                 .metrics = metrics_,
                 .channel_to = [this](const config::v1::Target&) {
                   return orders_.Channel(testing::ServicePeer("gateway"));
                 }});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    EXPECT_FALSE(server_->Ready().ok());
    const absl::Status started = server_->Start({});
    ASSERT_TRUE(started.ok()) << started;
    EXPECT_TRUE(server_->Ready().ok());
  }

  void TearDown() override {
    if (server_ != nullptr) server_->Stop();
    orders_.Stop();
  }

  http::Outcome Call(int port, const testing::TestPki::Files& files,
                     http::ClientRequest request) {
    http::HttpClient::Options options;
    options.executor = orders_.runtime().executor();
    options.base_url = "https://127.0.0.1:" + std::to_string(port);
    options.tls = http::TlsFiles{files.cert, files.key, files.ca};
    auto client = *http::HttpClient::Create(std::move(options));
    return client->CallBlocking(std::move(request));
  }

  http::Outcome Notify(const testing::TestPki::Files& files) {
    http::ClientRequest request;
    request.target = "/gsma/rsp2/es2plus/handleDownloadProgressInfo";
    request.headers = {{"Content-Type", "application/json"},
                       {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}};
    request.body = kNotice;
    return Call(server_->ports()["notices"], files, std::move(request));
  }

  testing::TempDir dir_;
  testing::TestPki pki_;
  testing::TestPki::Files smdp_;
  testing::InProcessServer orders_;
  FakeProgressService progress_{orders_.dispatcher()};
  SystemClock clock_;
  Metrics metrics_;
  std::unique_ptr<GatewayServer> server_;
};

TEST_F(GatewayServerTest, PinnedSmdpsNoticeReachesProfileOrder) {
  const http::Outcome outcome = Notify(smdp_);
  ASSERT_EQ(outcome.kind, http::Outcome::Kind::kResponse) << outcome.why;
  EXPECT_EQ(outcome.response.status, 204);
  std::lock_guard lock(progress_.mutex);
  EXPECT_EQ(progress_.last.smdp_peer(), "smdp-1");
  EXPECT_EQ(progress_.last.body(), kNotice);
  EXPECT_TRUE(progress_.last.has_receive_time());
}

TEST_F(GatewayServerTest, ProfileOrderAwayIs503) {
  progress_.answer = absl::UnavailableError("starting");
  EXPECT_EQ(Notify(smdp_).response.status, 503);
}

TEST_F(GatewayServerTest, UnpinnedPeerOfTheSameCaFailsItsHandshake) {
  const http::Outcome outcome = Notify(pki_.Issue({}));
  EXPECT_EQ(outcome.kind, http::Outcome::Kind::kNotSent) << outcome.why;
  server_->Stop();  // until the server, too, has seen the failure
  EXPECT_NE(metrics_.Text().find("shiming_gateway_handshake_failures_total{"
                                 "listener=\"notices\"} 1"),
            std::string::npos);
  EXPECT_EQ(progress_.last.smdp_peer(), "");
}

TEST_F(GatewayServerTest, AnybodyReadsTheLog) {
  http::ClientRequest request;
  request.method = "GET";
  request.target = "/checkpoint";
  const http::Outcome outcome =
      Call(server_->ports()["log"], {.cert = "", .key = "", .ca = pki_.ca()},
           std::move(request));
  ASSERT_EQ(outcome.kind, http::Outcome::Kind::kResponse) << outcome.why;
  EXPECT_EQ(outcome.response.body, "origin\n");
}

}  // namespace
}  // namespace shiming::gateway

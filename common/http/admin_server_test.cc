#include "common/http/admin_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "common/http/http_client.h"

namespace shiming::http {
namespace {

class AdminServerTest : public testing::Test {
 protected:
  Response Get(int port, std::string target, std::string method = "GET") {
    HttpClient::Options options;
    options.executor = pool_.get_executor();
    options.base_url = "http://127.0.0.1:" + std::to_string(port);
    auto client = *HttpClient::Create(std::move(options));
    ClientRequest request;
    request.method = method;
    request.target = target;
    Outcome outcome = client->CallBlocking(std::move(request));
    EXPECT_EQ(outcome.kind, Outcome::Kind::kResponse) << outcome.why;
    return outcome.response;
  }

  AdminServer::Options MakeOptions() {
    AdminServer::Options options;
    options.executor = pool_.get_executor();
    options.listen = "127.0.0.1:0";
    options.ready = [this] {
      return ready_ ? absl::OkStatus() : absl::UnavailableError("ledger away");
    };
    options.metrics = [] { return std::string("up 1\n"); };
    options.version = [] { return std::string("{\"version\":\"1\"}"); };
    return options;
  }

  asio::thread_pool pool_{2};
  std::atomic<bool> ready_ = false;
};

TEST_F(AdminServerTest, TellsLifeReadinessMetricsAndVersion) {
  auto server = AdminServer::Start(MakeOptions());
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->port();
  EXPECT_EQ(Get(port, "/livez").status, 200);
  const Response away = Get(port, "/readyz");
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(away.body, "ledger away\n");
  ready_ = true;
  EXPECT_EQ(Get(port, "/readyz?verbose").status, 200);
  const Response metrics = Get(port, "/metrics");
  EXPECT_EQ(metrics.body, "up 1\n");
  EXPECT_EQ(MediaType(metrics.header("content-type")), "text/plain");
  EXPECT_EQ(Get(port, "/version").body, "{\"version\":\"1\"}\n");
  EXPECT_EQ(Get(port, "/other").status, 404);
  EXPECT_EQ(Get(port, "/livez", "POST").status, 405);
  const Response head = Get(port, "/livez", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), "3");
}

TEST_F(AdminServerTest, ListensOnLoopbackOnly) {
  AdminServer::Options options = MakeOptions();
  options.listen = "0.0.0.0:0";
  EXPECT_EQ(AdminServer::Start(std::move(options)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace shiming::http

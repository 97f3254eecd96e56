#include "common/rpc/channel.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "common/testing/status_matchers.h"
#include "shiming/order/v1/order_service.pb.h"
#include "shiming/terminal/v1/terminal_service.pb.h"

namespace shiming::rpc {
namespace {

using testing::StatusIs;

// A service-config entry that named a stream would retry it too.
TEST(ServiceConfigTest, NamesUnaryMethodsOnlyAndRetriesUnavailable) {
  // Uses a symbol of each file, so that both are linked in.
  ASSERT_NE(order::v1::CreateOrderRequest::descriptor(), nullptr);
  ASSERT_NE(terminal::v1::SignInRequest::descriptor(), nullptr);

  const auto config =
      nlohmann::json::parse(ServiceConfig(/*is_several=*/false));
  EXPECT_FALSE(config.contains("loadBalancingConfig"));
  EXPECT_FALSE(config.contains("healthCheckConfig"));
  ASSERT_EQ(config["methodConfig"].size(), 1u);
  std::set<std::string> names;
  for (const auto& name : config["methodConfig"][0]["name"]) {
    ASSERT_TRUE(name.contains("method"));
    names.insert(name["service"].get<std::string>() + "/" +
                 name["method"].get<std::string>());
  }
  EXPECT_TRUE(
      names.contains("shiming.order.v1.ProfileOrderService/CreateOrder"));
  EXPECT_TRUE(names.contains(
      "shiming.terminal.v1.SessionAuthorityService/CheckSession"));
  EXPECT_FALSE(
      names.contains("shiming.order.v1.ProfileOrderService/WatchOrder"));
  EXPECT_FALSE(
      names.contains("shiming.order.v1.CustomerDisplayService/WatchDisplay"));
  EXPECT_FALSE(
      names.contains("shiming.terminal.v1.SessionAuthorityService/WatchEnds"));
  const auto& policy = config["methodConfig"][0]["retryPolicy"];
  EXPECT_EQ(policy["maxAttempts"], 4);
  EXPECT_EQ(policy["retryableStatusCodes"],
            nlohmann::json::array({"UNAVAILABLE"}));
}

// gRPC looks at health with round_robin only.
TEST(ServiceConfigTest, SeveralInstancesAreGoneRoundByHealth) {
  ASSERT_NE(order::v1::CreateOrderRequest::descriptor(), nullptr);
  const auto config = nlohmann::json::parse(ServiceConfig(/*is_several=*/true));
  ASSERT_EQ(config["loadBalancingConfig"].size(), 1u);
  EXPECT_TRUE(config["loadBalancingConfig"][0].contains("round_robin"));
  EXPECT_EQ(config["healthCheckConfig"]["serviceName"].get<std::string>(), "");
  EXPECT_EQ(config["methodConfig"],
            nlohmann::json::parse(ServiceConfig(false))["methodConfig"]);
}

TEST(ConnectTest, ABadAddressIsRefused) {
  const auto channel = Connect({.address = "a.example:1,b.example:1"});
  ASSERT_THAT(channel, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_NE(channel.status().ToString().find("a.example:1"), std::string::npos);
}

TEST(ConnectTest, BadFilesAreNamed) {
  const auto channel = Connect({.address = "127.0.0.1:1",
                                .tls = {.cert = "/nonexistent/c.pem",
                                        .key = "/nonexistent/k.pem",
                                        .ca = "/nonexistent/ca.pem"},
                                .server_spiffe_id = "spiffe://a/svc/b"});
  ASSERT_THAT(channel, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_NE(channel.status().ToString().find("/nonexistent/c.pem"),
            std::string::npos);
}

}  // namespace
}  // namespace shiming::rpc

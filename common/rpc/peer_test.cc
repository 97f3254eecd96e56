#include "common/rpc/peer.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming::rpc {
namespace {

constexpr char kDomain[] = "shiming.example";

TEST(PeerTest, EveryFormOfTheDesignIsRead) {
  auto terminal =
      ParseSpiffeId("spiffe://shiming.example/terminal/shop-1/t01", kDomain);
  ASSERT_TRUE(terminal.ok()) << terminal.status();
  EXPECT_EQ(terminal->role, Role::kTerminal);
  EXPECT_EQ(terminal->shop, "shop-1");
  EXPECT_EQ(terminal->id, "t01");

  auto display =
      ParseSpiffeId("spiffe://shiming.example/display/shop-1/d01", kDomain);
  ASSERT_TRUE(display.ok());
  EXPECT_EQ(display->role, Role::kDisplay);

  for (const Role role : {Role::kService, Role::kApp, Role::kAuditor,
                          Role::kOfficer, Role::kAdmin}) {
    const std::string uri = "spiffe://shiming.example/" +
                            std::string(NameOf(role)) + "/profile_order";
    auto peer = ParseSpiffeId(uri, kDomain);
    ASSERT_TRUE(peer.ok()) << uri;
    EXPECT_EQ(peer->role, role);
    EXPECT_EQ(peer->id, "profile_order");
    EXPECT_EQ(peer->shop, "");
    EXPECT_EQ(peer->spiffe_id, uri);
  }
}

TEST(PeerTest, AnythingElseIsRefused) {
  for (const std::string& uri :
       {std::string(), std::string("https://shiming.example/svc/a"),
        std::string("spiffe://other.example/svc/a"),
        std::string("spiffe://shiming.example"),
        std::string("spiffe://shiming.example/svc"),
        std::string("spiffe://shiming.example/svc/"),
        std::string("spiffe://shiming.example/svc/a/b"),
        std::string("spiffe://shiming.example/terminal/t01"),
        std::string("spiffe://shiming.example/terminal/a/b/c"),
        std::string("spiffe://shiming.example/terminal//t01"),
        std::string("spiffe://shiming.example/clerk/a"),
        std::string("spiffe://shiming.example/svc/a b"),
        std::string("spiffe://shiming.example/svc/.."),
        "spiffe://shiming.example/svc/" + std::string(65, 'a'),
        "spiffe://shiming.example/svc/" + std::string(500, 'a')}) {
    EXPECT_TRUE(HasReason(ParseSpiffeId(uri, kDomain).status(),
                          Reason::UNAUTHENTICATED_PEER))
        << uri;
  }
}

}  // namespace
}  // namespace shiming::rpc

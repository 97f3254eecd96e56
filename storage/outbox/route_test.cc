#include "storage/outbox/route.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace shiming::outbox {
namespace {

TEST(RouteTest, IsTheFirstByteOfAnId) {
  EXPECT_EQ(RouteOf("order/3f00112233445566778899aabbccddee"), 0x3f);
  EXPECT_EQ(RouteOf("session/ff00112233445566778899aabbccddee"), 0xff);
}

TEST(RouteTest, IsTheSameForAllOfAShop) {
  EXPECT_EQ(RouteOf("terminal/shop1/a"), RouteOf("terminal/shop1/b"));
  EXPECT_EQ(RouteOf("terminal/shop1/a"), RouteOf("shop/shop1"));
}

TEST(RouteTest, SpreadsNamesOverBytes) {
  std::set<int64_t> routes;
  for (int i = 0; i < 1000; ++i) {
    int64_t route = RouteOf("shop/shop" + std::to_string(i));
    EXPECT_GE(route, 0);
    EXPECT_LE(route, 255);
    routes.insert(route);
  }
  EXPECT_GT(routes.size(), 200u);
}

TEST(RouteTest, StaysAsItIs) {
  // Rows are stored under these: the values never change.
  EXPECT_EQ(RouteOf("clerk/c1"), 167);
}

}  // namespace
}  // namespace shiming::outbox

#include "common/rpc/dial_address.h"

#include <gtest/gtest.h>

#include <string>

namespace shiming::rpc {
namespace {

TEST(DialAddressTest, OneInstanceIsDialledAsItIs) {
  for (const char* address :
       {"127.0.0.1:17602", "orders.example:17602", "localhost:1",
        "ipv4:10.0.0.1:80", "unix:/run/orders.sock", "[::1]:17602"}) {
    const auto parsed = ParseDialAddress(address);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->target, address);
    EXPECT_FALSE(parsed->is_several) << address;
  }
}

TEST(DialAddressTest, ListsAndNamesAreSeveral) {
  const std::pair<const char*, const char*> addresses[] = {
      {"10.0.0.1:17602,10.0.0.2:17603", "ipv4:10.0.0.1:17602,10.0.0.2:17603"},
      {"ipv4:10.0.0.1:80,10.0.0.2:80", "ipv4:10.0.0.1:80,10.0.0.2:80"},
      {"[::1]:80,[2001:db8::2]:80", "ipv6:[::1]:80,[2001:db8::2]:80"},
      {"ipv6:[::1]:80,[::2]:80", "ipv6:[::1]:80,[::2]:80"},
      {"dns:///orders.example:17602", "dns:///orders.example:17602"},
      {"dns:orders.example:17602", "dns:orders.example:17602"}};
  for (const auto& [address, target] : addresses) {
    const auto parsed = ParseDialAddress(address);
    ASSERT_TRUE(parsed.ok()) << address << parsed.status();
    EXPECT_EQ(parsed->target, target);
    EXPECT_TRUE(parsed->is_several) << address;
  }
}

TEST(DialAddressTest, WhatCannotBeDialledIsRefused) {
  for (const char* address :
       {"", ",", "10.0.0.1:80,", ",10.0.0.1:80", "10.0.0.1:80,,10.0.0.2:80",
        "10.0.0.1:80,10.0.0.2", "10.0.0.1:80,10.0.0.2:0",
        "10.0.0.1:80,10.0.0.2:65536", "10.0.0.1:80,10.0.0.2:8x",
        "10.0.0.1:80,10.0.0.2:", "a.example:80,b.example:80",
        "10.0.0.1:80, 10.0.0.2:80", "10.0.0.1:80,[::1]:80", "::1:80,::2:80",
        "10.0.0.1:80,10.0.0.1:80", "10.0.0.1:80,10.0.0:80"}) {
    const auto parsed = ParseDialAddress(address);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(DialAddressTest, TheRefusalNamesTheInstance) {
  const std::string text =
      ParseDialAddress("10.0.0.1:80,b.example:80").status().ToString();
  EXPECT_NE(text.find("b.example:80"), std::string::npos) << text;
}

}  // namespace
}  // namespace shiming::rpc

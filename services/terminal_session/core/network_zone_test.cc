#include "services/terminal_session/core/network_zone.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

bool Contains(std::string_view zone, std::string_view address) {
  auto parsed = NetworkZone::Parse(zone);
  EXPECT_TRUE(parsed.ok()) << std::string(zone);
  return parsed.ok() && parsed->Contains(address);
}

TEST(NetworkZoneTest, HoldsItsOwnAddressesOnly) {
  EXPECT_TRUE(Contains("192.0.2.0/24", "192.0.2.0"));
  EXPECT_TRUE(Contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(Contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(Contains("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(Contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(Contains("127.0.0.1/32", "127.0.0.1"));
  EXPECT_FALSE(Contains("127.0.0.1/32", "127.0.0.2"));
  EXPECT_TRUE(Contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(Contains("::1/128", "::1"));
}

TEST(NetworkZoneTest, Ipv4InsideIpv6CountsAsIpv4) {
  EXPECT_TRUE(Contains("192.0.2.0/24", "::ffff:192.0.2.7"));
  EXPECT_FALSE(Contains("192.0.2.0/24", "::ffff:192.0.3.7"));
}

TEST(NetworkZoneTest, AllOfOneFamilyIsNotAllOfTheOther) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("::/0", "203.0.113.9"));
  EXPECT_FALSE(Contains("::/0", "::ffff:203.0.113.9"));
}

TEST(NetworkZoneTest, WhatIsNoAddressIsNowhere) {
  for (const char* address : {"", "shop", "192.0.2", "192.0.2.1:80", "[::1]"}) {
    EXPECT_FALSE(Contains("0.0.0.0/0", address)) << address;
    EXPECT_FALSE(Contains("::/0", address)) << address;
  }
}

TEST(NetworkZoneTest, RefusesWhatIsNoNetwork) {
  for (const char* text :
       {"", "192.0.2.0", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
        "192.0.2.0/8x", "192.0.2.1/24", "2001:db8::1/32", "::/129", "/24",
        "shop/24", "::ffff:192.0.2.0/120", "192.0.2.0/24/1"}) {
    EXPECT_TRUE(
        HasReason(NetworkZone::Parse(text).status(), Reason::BAD_NETWORK_ZONE))
        << text;
  }
}

}  // namespace
}  // namespace shiming::terminal_session

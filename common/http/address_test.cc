#include "common/http/address.h"

#include <gtest/gtest.h>

namespace shiming::http {
namespace {

TEST(AddressTest, TakesHostAndPort) {
  const auto name = ParseHostPort("smdp.example.test:8443");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->host, "smdp.example.test");
  EXPECT_EQ(name->port, 8443);
  const auto literal = ParseHostPort("[::1]:0");
  ASSERT_TRUE(literal.ok());
  EXPECT_EQ(literal->host, "::1");
  EXPECT_TRUE(literal->IsLoopback());
  EXPECT_TRUE(ParseHostPort("127.0.0.1:1")->IsLoopback());
  EXPECT_FALSE(ParseHostPort("0.0.0.0:1")->IsLoopback());
}

TEST(AddressTest, RefusesWhatIsNoHostAndPort) {
  for (const char* text : {"", "host", ":1", "host:", "host:x", "host:65536",
                           "host:-1", "host:+1", "[::1", "[::1]1", "[::1]"}) {
    EXPECT_FALSE(ParseHostPort(text).ok()) << text;
  }
}

TEST(AddressTest, TakesBaseUrlWithPrefixAndDefaultPort) {
  const auto url = ParseBaseUrl("https://smdp.example.test/site/a/");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->address.port, 443);
  EXPECT_EQ(url->prefix, "/site/a");
  const auto plain = ParseBaseUrl("http://[::1]:8080");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->address.host, "::1");
  EXPECT_EQ(plain->address.port, 8080);
  EXPECT_EQ(plain->prefix, "");
  EXPECT_EQ(ParseBaseUrl("http://[::1]")->address.port, 80);
}

TEST(AddressTest, RefusesUrlsWithMoreThanThat) {
  for (const char* text :
       {"", "smdp.example.test", "ftp://h", "https://", "https://u@h",
        "https://h?q", "https://h/#f", "https://h/a b", "https://h:99999"}) {
    EXPECT_FALSE(ParseBaseUrl(text).ok()) << text;
  }
}

}  // namespace
}  // namespace shiming::http

#include "common/crypto/hkdf.h"

#include <gtest/gtest.h>

#include <string>

#include "common/crypto/encoding.h"

namespace shiming::crypto {
namespace {

// RFC 5869 appendix A.1.
TEST(HkdfTest, MatchesRfc5869WithSaltAndInfo) {
  const Secret key(std::string(22, '\x0b'));
  EXPECT_EQ(ToHex(HkdfSha256(key, *FromHex("000102030405060708090a0b0c"),
                             *FromHex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865");
}

// RFC 5869 appendix A.3.
TEST(HkdfTest, MatchesRfc5869WithoutThem) {
  const Secret key(std::string(22, '\x0b'));
  EXPECT_EQ(ToHex(HkdfSha256(key, "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8");
}

TEST(HkdfTest, ShorterOutputIsAPrefixOfALongerOne) {
  const Secret key(std::string(32, 'k'));
  const std::string longest = HkdfSha256(key, "s", "i", kMostHkdfBytes);
  EXPECT_EQ(longest.size(), kMostHkdfBytes);
  for (const size_t size : {0, 1, 31, 32, 33, 64}) {
    EXPECT_EQ(HkdfSha256(key, "s", "i", size), longest.substr(0, size));
  }
  EXPECT_NE(HkdfSha256(key, "s", "j", 32), longest.substr(0, 32));
}

}  // namespace
}  // namespace shiming::crypto

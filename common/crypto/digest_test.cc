#include "common/crypto/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/crypto/encoding.h"

namespace shiming::crypto {
namespace {

TEST(DigestTest, Sha256MatchesFips180) {
  EXPECT_EQ(ToHex(Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, Sm3MatchesGbt32905) {
  EXPECT_EQ(ToHex(Sm3("abc")),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  EXPECT_EQ(ToHex(Sm3("")),
            "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
}

TEST(DigestTest, ADigestMayTakeThePlaceOfItsData) {
  std::string data(100, 'x');
  const std::string sha256 = Sha256(data);
  Sha256To(data, data.data());
  EXPECT_EQ(data.substr(0, 32), sha256);
  EXPECT_EQ(data.substr(32), std::string(68, 'x'));
  const std::string sm3 = Sm3(data);
  Sm3To(data, data.data() + 50);
  EXPECT_EQ(data.substr(50, 32), sm3);
}

TEST(DigestTest, HmacSha256MatchesRfc4231Cases) {
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // Case 6: a key longer than a block.
  EXPECT_EQ(ToHex(HmacSha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key "
                             "First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(DigestTest, HmacTakesAnEmptyKey) {
  EXPECT_EQ(ToHex(HmacSha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(HmacSha256(std::string_view(), "x"), HmacSha256("", "x"));
}

// HMAC by its definition over Sm3: H(K^opad, H(K^ipad, m)), 64-byte blocks.
TEST(DigestTest, HmacSm3IsHmacOverSm3) {
  const std::string key = "key";
  std::string inner(64, '\x36');
  std::string outer(64, '\x5c');
  for (size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  EXPECT_EQ(HmacSm3(key, "message"), Sm3(outer + Sm3(inner + "message")));
}

TEST(DigestTest, HasherTakesPiecesAndStartsAfreshAfterFinish) {
  Sha256Hasher hasher;
  EXPECT_EQ(hasher.Update("a").Update("").Update("bc").Finish(), Sha256("abc"));
  EXPECT_EQ(hasher.Finish(), Sha256(""));
  EXPECT_EQ(hasher.Update("x").Finish(), Sha256("x"));
}

TEST(DigestTest, ConstantTimeEqualsComparesLengthAndContent) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "ab"));
  EXPECT_FALSE(ConstantTimeEquals("", "a"));
}

TEST(DigestTest, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      const std::string data(1000, static_cast<char>('a' + t));
      const std::string expected = Sha256(data);
      const std::string expected_mac = HmacSha256("k", data);
      for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(Sha256(data), expected);
        ASSERT_EQ(HmacSha256("k", data), expected_mac);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace shiming::crypto

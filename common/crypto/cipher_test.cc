#include "common/crypto/cipher.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/crypto/encoding.h"
#include "common/crypto/fake_random.h"

namespace shiming::crypto {
namespace {

Secret Key(char c) { return Secret(std::string(kSealingKeyBytes, c)); }

// Gives the bytes it was told, for published vectors.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void Fill(char* out, size_t size) override { bytes_.copy(out, size); }

 private:
  const std::string bytes_;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
TEST(CipherTest, AesGcmMatchesThePublishedVector) {
  const Secret key(*FromHex(
      "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  FixedRandom nonce(*FromHex("cafebabefacedbaddecaf888"));
  const std::string plaintext = *FromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const std::string aad = *FromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  EXPECT_EQ(ToHex(*AesGcmSeal(key, plaintext, aad, nonce)),
            "cafebabefacedbaddecaf888"
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
}

// Put together by the openssl program: `enc -sm4-ctr` and `dgst -sm3 -mac HMAC`
// on the parts that the header names.
TEST(CipherTest, Sm4HmacSm3HasTheLayoutOfTheHeader) {
  FixedRandom iv(std::string(16, 'i'));
  const std::string sealed =
      *Sm4HmacSm3Seal(Key('k'), "twenty bytes of text", "aad", iv);
  EXPECT_EQ(sealed.substr(0, 16), std::string(16, 'i'));
  EXPECT_EQ(ToHex(sealed.substr(16, 20)),
            "41b3c951a3457e20689bf58cfdad8b651a64c293");
  EXPECT_EQ(ToHex(sealed.substr(36)),
            "575e50e285b6c85ce3bc327f69fad950890610aaeee8edb64ee5d9c5b071d2f4");
}

class CipherSuiteTest : public testing::TestWithParam<Suite> {};

TEST_P(CipherSuiteTest, OpensWhatItSealed) {
  FakeRandom random(1);
  for (const std::string& plaintext :
       {std::string(), std::string("x"), std::string(5000, 'p')}) {
    for (const std::string& aad : {std::string(), std::string("person/1")}) {
      const auto sealed = Seal(GetParam(), Key('k'), plaintext, aad, random);
      ASSERT_TRUE(sealed.ok());
      EXPECT_EQ((*sealed)[0], static_cast<char>(GetParam()));
      const auto opened = Open(Key('k'), *sealed, aad);
      ASSERT_TRUE(opened.ok());
      EXPECT_EQ(opened->Reveal(), plaintext);
    }
  }
}

TEST_P(CipherSuiteTest, AnyOtherByteKeyOrAadIsDataLoss) {
  FakeRandom random(1);
  const std::string sealed =
      *Seal(GetParam(), Key('k'), "plaintext", "aad", random);
  const auto expect_closed = [](const absl::StatusOr<Secret>& opened) {
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss);
  };
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (const int bit : {1, 2, 128}) {
      std::string bad = sealed;
      bad[i] = static_cast<char>(bad[i] ^ bit);
      expect_closed(Open(Key('k'), bad, "aad"));
    }
    expect_closed(Open(Key('k'), sealed.substr(0, i), "aad"));
  }
  expect_closed(Open(Key('k'), sealed + "x", "aad"));
  expect_closed(Open(Key('j'), sealed, "aad"));
  expect_closed(Open(Key('k'), sealed, "aae"));
  expect_closed(Open(Key('k'), sealed, ""));
}

TEST_P(CipherSuiteTest, TheSameTextIsNeverSealedAlike) {
  FakeRandom random(1);
  EXPECT_NE(*Seal(GetParam(), Key('k'), "p", "a", random),
            *Seal(GetParam(), Key('k'), "p", "a", random));
}

TEST_P(CipherSuiteTest, AKeyHas32Bytes) {
  FakeRandom random(1);
  for (const size_t size : {0, 16, 31, 33}) {
    const Secret key(std::string(size, 'k'));
    EXPECT_EQ(Seal(GetParam(), key, "p", "a", random).status().code(),
              absl::StatusCode::kInvalidArgument);
    const std::string sealed = *Seal(GetParam(), Key('k'), "p", "a", random);
    EXPECT_EQ(Open(key, sealed, "a").status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

INSTANTIATE_TEST_SUITE_P(BothSuites, CipherSuiteTest,
                         testing::Values(Suite::kInternational,
                                         Suite::kCommercial));

}  // namespace
}  // namespace shiming::crypto

#include "common/crypto/keys.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"

namespace shiming::crypto {
namespace {

// RFC 8032 section 7.1, test 2.
constexpr char kSeed[] =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr char kPublic[] =
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
constexpr char kSignatureOf72[] =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

std::vector<SigningKey> OneOfEach() {
  return {*SigningKey::GenerateEd25519(), *SigningKey::GenerateP256()};
}

TEST(KeysTest, Ed25519MatchesRfc8032) {
  const SigningKey key = *SigningKey::FromEd25519Seed(*FromHex(kSeed));
  EXPECT_EQ(ToHex(key.RawPublic()), kPublic);
  EXPECT_EQ(ToHex(*key.Sign("\x72")), kSignatureOf72);
  EXPECT_EQ(ToHex(key.Ed25519Seed()->Reveal()), kSeed);
  const VerifyKey verify = *VerifyKey::FromEd25519(*FromHex(kPublic));
  EXPECT_TRUE(verify.Verify("\x72", *FromHex(kSignatureOf72)).ok());
  EXPECT_EQ(verify, key.Public());
}

TEST(KeysTest, EachKeyVerifiesItsOwnSignaturesAndNoOthers) {
  for (const SigningKey& key : OneOfEach()) {
    for (const std::string& message : {std::string(), std::string(3000, 'm')}) {
      const std::string signature = *key.Sign(message);
      EXPECT_TRUE(key.Public().Verify(message, signature).ok());
      EXPECT_EQ(key.Public().Verify(message + "x", signature).code(),
                absl::StatusCode::kPermissionDenied);
      for (const SigningKey& other : OneOfEach()) {
        EXPECT_FALSE(other.Public().Verify(message, signature).ok());
      }
    }
  }
}

TEST(KeysTest, AnyFlippedByteOrWrongLengthOfASignatureIsRefused) {
  for (const SigningKey& key : OneOfEach()) {
    const std::string good = *key.Sign("message");
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] ^= 1;
      EXPECT_FALSE(key.Public().Verify("message", bad).ok()) << i;
    }
    EXPECT_FALSE(key.Public().Verify("message", "").ok());
    EXPECT_FALSE(key.Public().Verify("message", good + "x").ok());
    EXPECT_FALSE(
        key.Public().Verify("message", good.substr(0, good.size() - 1)).ok());
  }
}

TEST(KeysTest, KeysComeBackFromPemAndDer) {
  for (const SigningKey& key : OneOfEach()) {
    const SigningKey again = *SigningKey::FromPem(key.ToPem().Reveal());
    EXPECT_EQ(again.Public(), key.Public());
    EXPECT_EQ(again.algorithm(), key.algorithm());
    EXPECT_TRUE(key.Public().Verify("m", *again.Sign("m")).ok());
    const VerifyKey from_der = *VerifyKey::FromDer(key.PublicDer());
    const VerifyKey from_pem = *VerifyKey::FromPem(key.Public().ToPem());
    EXPECT_EQ(from_der, key.Public());
    EXPECT_EQ(from_pem, key.Public());
    EXPECT_EQ(from_der.Hash(), Sha256(key.PublicDer()));
    EXPECT_TRUE(from_der.Verify("m", *key.Sign("m")).ok());
  }
}

TEST(KeysTest, RawPublicHasTheLengthOfItsAlgorithm) {
  EXPECT_EQ(SigningKey::GenerateEd25519()->RawPublic().size(), 32u);
  EXPECT_EQ(SigningKey::GenerateP256()->RawPublic().size(), 65u);
  EXPECT_EQ(SigningKey::GenerateP256()->Ed25519Seed().status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(KeysTest, RefusesMalformedKeys) {
  const std::string der = SigningKey::GenerateP256()->PublicDer();
  for (const std::string& bad :
       {std::string(), std::string("junk"), der + "x",
        der.substr(0, der.size() - 1), std::string(1000, '\x30')}) {
    EXPECT_EQ(VerifyKey::FromDer(bad).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(VerifyKey::FromPem("").ok());
  EXPECT_FALSE(VerifyKey::FromPem("-----BEGIN PUBLIC KEY-----\nAAAA\n").ok());
  EXPECT_FALSE(SigningKey::FromPem("").ok());
  EXPECT_FALSE(VerifyKey::FromEd25519("short").ok());
  EXPECT_FALSE(VerifyKey::FromEd25519(std::string(33, 'x')).ok());
  EXPECT_FALSE(SigningKey::FromEd25519Seed(std::string(31, 'x')).ok());
}

// A P-256 point written compressed is the same key under another hash: pinning
// by hash needs one form.
TEST(KeysTest, RefusesTheCompressedFormOfAPoint) {
  const std::string der = SigningKey::GenerateP256()->PublicDer();
  ASSERT_EQ(der.size(), 91u);
  std::string compressed =
      der.substr(0, 26) + (der[90] & 1 ? "\x03" : "\x02") + der.substr(27, 32);
  compressed[1] = 0x39;   // outer length
  compressed[24] = 0x22;  // bit string length
  EXPECT_EQ(VerifyKey::FromDer(compressed).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(KeysTest, RefusesOtherAlgorithms) {
  // openssl ecparam -name secp384r1 -genkey | openssl ec -pubout
  EXPECT_EQ(
      VerifyKey::FromPem(
          "-----BEGIN PUBLIC KEY-----\n"
          "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEnBcT7UbLTuRWNaEoc5m6dI63VoOoBnN0\n"
          "iD4cGOdnRpe55owiYMS22CJ5mdh9NzzgxKLqv5pvlUDVhGvFsHX+3u6cBCZ0HnJH\n"
          "oQegpy7nWPIDW1Ll/Y1c348+IbW7XjGM\n"
          "-----END PUBLIC KEY-----\n")
          .status()
          .code(),
      absl::StatusCode::kInvalidArgument);
}

TEST(KeysTest, OneKeyServesSeveralThreads) {
  for (const SigningKey& key : OneOfEach()) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&key] {
        for (int i = 0; i < 20; ++i) {
          const SigningKey copy = key;
          ASSERT_TRUE(copy.Public().Verify("m", *copy.Sign("m")).ok());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace shiming::crypto

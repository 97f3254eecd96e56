#include "common/crypto/sealed_box.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "common/crypto/encoding.h"

namespace shiming::crypto {
namespace {

TEST(SealedBoxTest, OnlyTheRecipientOpensIt) {
  const BoxKeyPair ours = MakeBoxKeyPair();
  const BoxKeyPair theirs = MakeBoxKeyPair();
  for (const std::string& content : {std::string(), std::string(32, 'k')}) {
    const auto sealed = SealToBox(ours.public_key, Secret(content));
    ASSERT_TRUE(sealed.ok()) << sealed.status();
    EXPECT_EQ(sealed->size(), content.size() + kBoxOverheadBytes);
    const auto opened = OpenBox(ours.secret_key, *sealed);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->Reveal(), content);
    EXPECT_TRUE(
        absl::IsPermissionDenied(OpenBox(theirs.secret_key, *sealed).status()));
  }
}

TEST(SealedBoxTest, TwoBoxesOfTheSameDiffer) {
  const BoxKeyPair pair = MakeBoxKeyPair();
  const Secret content(std::string(32, 'k'));
  EXPECT_NE(*SealToBox(pair.public_key, content),
            *SealToBox(pair.public_key, content));
}

TEST(SealedBoxTest, AnyOtherByteAndACutBoxAreRefused) {
  const BoxKeyPair pair = MakeBoxKeyPair();
  const std::string sealed =
      *SealToBox(pair.public_key, Secret(std::string(32, 'k')));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string bad = sealed;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(OpenBox(pair.secret_key, bad).ok()) << i;
  }
  for (size_t size : {size_t{0}, kBoxOverheadBytes - 1, sealed.size() - 1}) {
    EXPECT_TRUE(absl::IsPermissionDenied(
        OpenBox(pair.secret_key, sealed.substr(0, size)).status()))
        << size;
  }
}

// RFC 7748 section 6.1: Alice's pair.
TEST(SealedBoxTest, PublicKeyIsThatOfX25519) {
  const Secret secret(*FromHex(
      "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const auto public_key = BoxPublicKeyOf(secret);
  ASSERT_TRUE(public_key.ok()) << public_key.status();
  EXPECT_EQ(ToHex(*public_key),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

TEST(SealedBoxTest, KeysOfAnotherKindAreRefused) {
  const Secret content(std::string(32, 'k'));
  EXPECT_TRUE(absl::IsInvalidArgument(SealToBox("short", content).status()));
  // The point 0 shares the same secret with everybody.
  EXPECT_TRUE(absl::IsInvalidArgument(
      SealToBox(std::string(kBoxKeyBytes, '\0'), content).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      OpenBox(Secret("short"), std::string(80, 'x')).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      SealToBox(MakeBoxKeyPair().public_key,
                Secret(std::string(kMostBoxBytes + 1, 'k')))
          .status()));
}

}  // namespace
}  // namespace shiming::crypto

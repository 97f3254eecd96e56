#include "identity/attestation/attestation.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"
#include "common/time/fake_clock.h"
#include "identity/evidence/signed_object.h"

namespace shiming::identity {
namespace {

class AttestationTest : public testing::Test {
 protected:
  v1::Attestation Good() const {
    v1::Attestation attestation;
    attestation.set_attestation_id(std::string(32, 'a'));
    attestation.set_audience(std::string(kProfileOrderAudience));
    attestation.set_key_id("key-1");
    attestation.mutable_expire_time()->set_seconds(1'000'900);
    return attestation;
  }

  AttestationVerifier Verifier() const {
    return AttestationVerifier({.keys = {{"key-1", key_.Public()}},
                                .audience = std::string(kProfileOrderAudience),
                                .clock = &clock_});
  }

  absl::Status Verdict(const v1::Attestation& attestation) const {
    return Verifier()
        .Verify(*signer_.Sign(AttestationSigner::BytesOf(attestation)))
        .status();
  }

  crypto::SigningKey key_ = *crypto::SigningKey::GenerateEd25519();
  AttestationSigner signer_ = *AttestationSigner::Make("key-1", key_);
  FakeClock clock_{absl::FromUnixSeconds(1'000'000)};
};

TEST_F(AttestationTest, VerifiesOffline) {
  const auto verified =
      Verifier().Verify(*signer_.Sign(AttestationSigner::BytesOf(Good())));
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->attestation_id(), std::string(32, 'a'));
}

TEST_F(AttestationTest, SignsStoredBytesAlikeAgain) {
  const std::string bytes = AttestationSigner::BytesOf(Good());
  EXPECT_EQ(signer_.Sign(bytes)->signature(), signer_.Sign(bytes)->signature());
}

TEST_F(AttestationTest, RefusesFromItsExpiryOn) {
  clock_.Set(absl::FromUnixSeconds(1'000'900) - absl::Nanoseconds(1));
  EXPECT_TRUE(Verdict(Good()).ok());
  clock_.Set(absl::FromUnixSeconds(1'000'900));
  EXPECT_TRUE(HasReason(Verdict(Good()), Reason::ATTESTATION_EXPIRED));
  v1::Attestation endless = Good();
  endless.clear_expire_time();
  EXPECT_TRUE(HasReason(Verdict(endless), Reason::ATTESTATION_INVALID));
}

TEST_F(AttestationTest, RefusesOtherAudiences) {
  v1::Attestation other = Good();
  other.set_audience("/svc/appointment");
  EXPECT_TRUE(HasReason(Verdict(other), Reason::ATTESTATION_INVALID));
}

TEST_F(AttestationTest, RefusesOtherKeysAndChangedBytes) {
  const v1::SignedObject good =
      *signer_.Sign(AttestationSigner::BytesOf(Good()));
  for (size_t i = 0; i < good.signed_().size(); ++i) {
    v1::SignedObject changed = good;
    (*changed.mutable_signed_())[i] ^= 1;
    EXPECT_TRUE(HasReason(Verifier().Verify(changed).status(),
                          Reason::ATTESTATION_INVALID));
  }
  const auto other = *crypto::SigningKey::GenerateEd25519();
  const auto impostor = *AttestationSigner::Make("key-1", other);
  EXPECT_TRUE(
      HasReason(Verifier()
                    .Verify(*impostor.Sign(AttestationSigner::BytesOf(Good())))
                    .status(),
                Reason::ATTESTATION_INVALID));
}

TEST_F(AttestationTest, DoesNotSignForAKeyThatIsGone) {
  const auto newer = *AttestationSigner::Make("key-2", key_);
  EXPECT_TRUE(HasReason(newer.Sign(AttestationSigner::BytesOf(Good())).status(),
                        Reason::ATTESTATION_EXPIRED));
}

TEST_F(AttestationTest, NeedsAnEd25519KeyWithAName) {
  EXPECT_FALSE(
      AttestationSigner::Make("k", *crypto::SigningKey::GenerateP256()).ok());
  EXPECT_FALSE(AttestationSigner::Make("", key_).ok());
}

}  // namespace
}  // namespace shiming::identity

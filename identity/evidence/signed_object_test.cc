#include "identity/evidence/signed_object.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"

namespace shiming::identity {
namespace {

constexpr SignedObjectReasons kReasons{
    .bad_signature = Reason::EVIDENCE_SIGNATURE_INVALID,
    .malformed = Reason::EVIDENCE_MALFORMED};

class SignedObjectTest : public testing::Test {
 protected:
  absl::StatusOr<v1::FaceResult> Open(std::string_view label,
                                      const v1::SignedObject& object) const {
    return OpenSigned<v1::FaceResult>(
        label, object.signed_(), object.signature(), key_.Public(), kReasons);
  }

  // Any bytes, signed.
  v1::SignedObject Signed(std::string bytes) const {
    v1::SignedObject object;
    object.set_signature(*key_.Sign(bytes));
    object.set_signed_(std::move(bytes));
    return object;
  }

  crypto::SigningKey key_ = *crypto::SigningKey::GenerateP256();
};

TEST_F(SignedObjectTest, OpensWhatWasSigned) {
  v1::FaceResult face;
  face.set_session_id("s");
  const v1::SignedObject object = *SignObject("label", face, key_);
  EXPECT_EQ(object.signed_().substr(0, 6), std::string("label\0", 6));
  const absl::StatusOr<v1::FaceResult> opened = Open("label", object);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->session_id(), "s");
}

TEST_F(SignedObjectTest, RefusesEveryFlippedBit) {
  v1::FaceResult face;
  face.set_session_id("session");
  const v1::SignedObject object = *SignObject("label", face, key_);
  for (size_t i = 0; i < object.signed_().size(); ++i) {
    v1::SignedObject changed = object;
    (*changed.mutable_signed_())[i] ^= 1;
    EXPECT_TRUE(HasReason(Open("label", changed).status(),
                          Reason::EVIDENCE_SIGNATURE_INVALID));
  }
}

TEST_F(SignedObjectTest, RefusesAnotherLabelOrKey) {
  const v1::SignedObject object = *SignObject("label", v1::FaceResult(), key_);
  EXPECT_TRUE(HasReason(Open("labe", object).status(),
                        Reason::EVIDENCE_SIGNATURE_INVALID));
  EXPECT_TRUE(HasReason(Open("label2", object).status(),
                        Reason::EVIDENCE_SIGNATURE_INVALID));
  const auto other = *crypto::SigningKey::GenerateP256();
  EXPECT_TRUE(HasReason(
      OpenSigned<v1::FaceResult>("label", object.signed_(), object.signature(),
                                 other.Public(), kReasons)
          .status(),
      Reason::EVIDENCE_SIGNATURE_INVALID));
}

TEST_F(SignedObjectTest, RefusesOtherContent) {
  EXPECT_TRUE(HasReason(
      Open("label", Signed(std::string("label\0\xFF\xFF", 8))).status(),
      Reason::EVIDENCE_MALFORMED));
  // A field that FaceResult does not have: an attestation's key_id.
  v1::Attestation other;
  other.set_key_id("hidden text");
  EXPECT_TRUE(
      HasReason(Open("label", *SignObject("label", other, key_)).status(),
                Reason::EVIDENCE_MALFORMED));
  // The same one level down.
  v1::FaceResult face;
  face.mutable_time()
      ->GetReflection()
      ->MutableUnknownFields(face.mutable_time())
      ->AddLengthDelimited(77, "hidden text");
  EXPECT_TRUE(
      HasReason(Open("label", *SignObject("label", face, key_)).status(),
                Reason::EVIDENCE_MALFORMED));
}

TEST_F(SignedObjectTest, RefusesTooMuch) {
  v1::FaceResult face;
  face.set_session_id(std::string(kMaxSignedBytes, 's'));
  EXPECT_TRUE(
      HasReason(Open("label", *SignObject("label", face, key_)).status(),
                Reason::EVIDENCE_SIGNATURE_INVALID));
}

}  // namespace
}  // namespace shiming::identity

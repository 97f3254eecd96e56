#include "identity/attestation/attestation.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/evidence/signed_object.h"

namespace shiming::identity {
namespace {

absl::Status Invalid(std::string_view why) {
  return MakeError(Reason::ATTESTATION_INVALID, why);
}

}  // namespace

absl::StatusOr<AttestationSigner> AttestationSigner::Make(
    std::string key_id, crypto::SigningKey key) {
  if (key_id.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "attestation key without an id",
                     {.field = "key_id"});
  }
  if (key.algorithm() != crypto::KeyAlgorithm::kEd25519) {
    return MakeError(Reason::INVALID_REQUEST,
                     "the attestation key must be Ed25519");
  }
  return AttestationSigner(std::move(key_id), std::move(key));
}

AttestationSigner::AttestationSigner(std::string key_id, crypto::SigningKey key)
    : key_id_(std::move(key_id)), key_(std::move(key)) {}

std::string AttestationSigner::BytesOf(const v1::Attestation& attestation) {
  return SignedBytes(kAttestationLabel, attestation);
}

absl::StatusOr<v1::SignedObject> AttestationSigner::Sign(
    std::string_view bytes) const {
  v1::Attestation attestation;
  if (!PeekSigned(kAttestationLabel, bytes, &attestation)) {
    return MakeError(Reason::INTERNAL_ERROR, "not the bytes of an attestation");
  }
  if (attestation.key_id() != key_id_) {
    return MakeError(Reason::ATTESTATION_EXPIRED,
                     "made for an attestation key that is gone");
  }
  v1::SignedObject object;
  object.set_signed_(std::string(bytes));
  ASSIGN_OR_RETURN(*object.mutable_signature(), key_.Sign(bytes));
  return object;
}

AttestationVerifier::AttestationVerifier(Options options)
    : options_(std::move(options)) {}

absl::StatusOr<v1::Attestation> AttestationVerifier::Verify(
    const v1::SignedObject& object) const {
  v1::Attestation named;
  if (!PeekSigned(kAttestationLabel, object.signed_(), &named)) {
    return Invalid("not an attestation");
  }
  const auto key = options_.keys.find(named.key_id());
  if (key == options_.keys.end()) return Invalid("signed by an unknown key");
  ASSIGN_OR_RETURN(
      v1::Attestation attestation,
      OpenSigned<v1::Attestation>(kAttestationLabel, object.signed_(),
                                  object.signature(), key->second,
                                  {.bad_signature = Reason::ATTESTATION_INVALID,
                                   .malformed = Reason::ATTESTATION_INVALID}));
  if (attestation.audience() != options_.audience) {
    return Invalid("for another audience");
  }
  // Without an end it would never expire.
  if (!attestation.has_expire_time()) return Invalid("without an end");
  if (options_.clock->Now() >= FromProto(attestation.expire_time())) {
    return MakeError(Reason::ATTESTATION_EXPIRED, "attestation has expired");
  }
  return attestation;
}

}  // namespace shiming::identity

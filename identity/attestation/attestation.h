// Our short-lived statement that a person was identified: made by
// identity_verification, verified offline by profile_order.
#ifndef SHIMING_IDENTITY_ATTESTATION_ATTESTATION_H_
#define SHIMING_IDENTITY_ATTESTATION_ATTESTATION_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/time/clock.h"
#include "shiming/identity/v1/identity_resources.pb.h"

namespace shiming::identity {

// Audience of attestations for orders.
inline constexpr std::string_view kProfileOrderAudience = "/svc/profile_order";

// Signs attestations with one Ed25519 key. Ed25519 gives the same signature
// for the same bytes, so only the bytes need to be stored. Thread-safe.
class AttestationSigner {
 public:
  // `key_id` is what verifiers know the key by. INVALID_ARGUMENT when it is
  // empty or the key is not Ed25519.
  static absl::StatusOr<AttestationSigner> Make(std::string key_id,
                                                crypto::SigningKey key);

  const std::string& key_id() const { return key_id_; }

  // The bytes that are signed. Fields key_id and audience are the caller's to
  // fill.
  static std::string BytesOf(const v1::Attestation& attestation);

  // Signs bytes made by BytesOf, also again after they were stored.
  // FAILED_PRECONDITION (ATTESTATION_EXPIRED) when they name another key than
  // this one, as after a change of keys.
  absl::StatusOr<v1::SignedObject> Sign(std::string_view bytes) const;

 private:
  AttestationSigner(std::string key_id, crypto::SigningKey key);

  std::string key_id_;
  crypto::SigningKey key_;
};

// Verifies attestations with nothing but public keys and a clock. Thread-safe.
class AttestationVerifier {
 public:
  struct Options {
    // Key id to Ed25519 public key; old keys stay for as long as an
    // attestation lives.
    std::map<std::string, crypto::VerifyKey, std::less<>> keys;
    // Whom attestations must be for, such as kProfileOrderAudience.
    std::string audience;
    // Not owned; outlives the verifier.
    const Clock* clock;
  };

  explicit AttestationVerifier(Options options);

  // The attestation, when a known key signed it for this audience and it has
  // not expired. ATTESTATION_INVALID or ATTESTATION_EXPIRED otherwise. Session,
  // terminal, kind of order, device and single use are the caller's to check.
  absl::StatusOr<v1::Attestation> Verify(const v1::SignedObject& object) const;

 private:
  Options options_;
};

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_ATTESTATION_ATTESTATION_H_

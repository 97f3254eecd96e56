// Step 3 of an issuance: VerifyIdentity and GetVerification (DESIGN 3).
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFIER_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFIER_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "common/time/clock.h"
#include "identity/attestation/attestation.h"
#include "identity/vault/person_vault.h"
#include "services/identity_verification/core/caller.h"
#include "services/identity_verification/core/examiner.h"
#include "services/identity_verification/core/identity_authority.h"
#include "services/identity_verification/core/person_file.h"
#include "services/identity_verification/core/records.h"
#include "services/identity_verification/core/session_authority.h"
#include "services/identity_verification/core/verification_metrics.h"
#include "services/identity_verification/core/verification_store.h"
#include "shiming/identity/v1/identity_service.pb.h"

namespace shiming::identity_verification {

// Thread-safe. The order of the checks is that of the proto's comment. A status
// that is not OK means: nothing was decided and nothing recorded. Everything
// that was decided comes back as a Verification, also a refusal.
class Verifier {
 public:
  // Not owned; all outlive the verifier.
  struct Deps {
    const Clock& clock;
    crypto::Random& random;
    SessionAuthority& sessions;
    IdentityAuthority& authority;
    VerificationStore& store;
    PersonKeyStore& keys;
    const identity::PersonVault& vault;
    const identity::AttestationSigner& signer;
    VerificationMetrics& metrics;
  };

  // `index_key`: 32 secret bytes under which document numbers are looked up
  // and request contents are hashed.
  Verifier(Deps deps, Rules rules, crypto::Secret index_key);

  // `caller` and `request` must live until the result is there.
  boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>> Verify(
      const Caller& caller, const identity::v1::VerifyIdentityRequest& request);

  // NOT_FOUND unless it was decided in this session.
  boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>> Get(
      const Caller& caller,
      const identity::v1::GetVerificationRequest& request);

 private:
  // One case on its way to the decision; views of what Verify holds.
  struct Case {
    const Caller& caller;
    const identity::v1::VerifyIdentityRequest& request;
    const Standing& standing;
    const identity::v1::Evidence& evidence;
    const Finding& finding;
    std::string nonce_sha256;
    std::string evidence_sha256;
    RequestKey request_key;
  };

  boost::asio::awaitable<absl::StatusOr<VerificationRecord>> Refuse(
      const Case& c);
  boost::asio::awaitable<absl::StatusOr<VerificationRecord>> Approve(
      const Case& c);
  DecisionDraft DraftOf(const Case& c) const;
  Outcome RefusedOutcome(const Case& c, const std::string& verification_id,
                         Reason reason) const;
  absl::StatusOr<Outcome> ApprovedOutcome(const Case& c,
                                          const PreparedPerson& person) const;
  VerificationRecord RecordOf(const Case& c,
                              const std::string& verification_id) const;
  identity::v1::Attestation AttestationOf(
      const Case& c, const VerificationRecord& record,
      const std::string& attestation_id) const;
  void CountDecision(const VerificationRecord& record,
                     const std::string& our_verification_id);

  // The record as the terminal may see it, with the attestation while it lasts.
  boost::asio::awaitable<absl::StatusOr<identity::v1::Verification>> View(
      VerificationRecord record);

  const Deps deps_;
  const Rules rules_;
  const crypto::Secret index_key_;
  const Examiner examiner_;
  const PersonFile persons_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFIER_H_

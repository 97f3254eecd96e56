// Steps (4) to (9) of VerifyIdentity: what the evidence says about the
// customer, in the written order.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_EXAMINER_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_EXAMINER_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "identity/document/card_block.h"
#include "identity/evidence/face_result.h"
#include "identity/policy/policy.h"
#include "services/identity_verification/core/caller.h"
#include "services/identity_verification/core/identity_authority.h"
#include "services/identity_verification/core/verification_metrics.h"
#include "shiming/identity/v1/identity_service.pb.h"

namespace shiming::identity_verification {

// What step 3 goes by; from the configuration.
struct Rules {
  identity::PolicyBook policies;
  identity::FaceEngineKeys face_engines;
  // Security modules of trusted card readers.
  std::set<std::string, std::less<>> sam_numbers;
  // For clocks of terminals and face engines, and the age of a face result.
  absl::Duration max_clock_difference;
  absl::Duration attestation_life;
  int face_failures_before_lock;
};

// What was found.
struct Finding {
  // OK, or why the case is refused; always with a Reason.
  absl::Status verdict;
  // identity::DocumentKind; 0 when it could not be told.
  int document_kind = 0;
  std::string policy_version;
  // Set once the block has passed its cross-checks.
  std::optional<identity::CardBlock> card;
  std::string authority_transaction_id;
  int numbers_elsewhere = 0;
  // Everything before the face has passed.
  bool face_reached = false;
};

// Thread-safe.
class Examiner {
 public:
  // Not owned; all outlive the examiner.
  struct Deps {
    const Clock& clock;
    IdentityAuthority& authority;
    VerificationMetrics& metrics;
    const Rules& rules;
  };

  explicit Examiner(Deps deps) : deps_(deps) {}

  // `evidence` is authentic (signature, session, terminal) and its nonce is
  // spent. Never fails: what cannot be checked is a refusal.
  boost::asio::awaitable<Finding> Examine(
      const Caller& caller, const identity::v1::VerifyIdentityRequest& request,
      const identity::v1::Evidence& evidence) const;

 private:
  // (4) to (6): all that needs nobody else.
  absl::Status CheckOffline(const identity::v1::EvidenceOpenings& openings,
                            const identity::v1::Evidence& evidence,
                            Finding& finding) const;
  // (7) and (8).
  boost::asio::awaitable<absl::Status> AskAuthority(
      const Caller& caller, const std::string& request_id,
      Finding& finding) const;
  // (9).
  absl::Status CheckFace(const identity::v1::Evidence& evidence,
                         Finding& finding) const;

  const Deps deps_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_EXAMINER_H_

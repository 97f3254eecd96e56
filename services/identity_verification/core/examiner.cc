#include "services/identity_verification/core/examiner.h"

#include "absl/time/clock.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/evidence/evidence.h"
#include "services/identity_verification/core/request_form.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;

absl::Status Refuse(Reason reason) {
  return MakeError(reason, "verification refused");
}

absl::Status ToVerdict(AuthorityAnswer answer) {
  switch (answer) {
    case AuthorityAnswer::kMatch:
      return absl::OkStatus();
    case AuthorityAnswer::kNoMatch:
      return Refuse(Reason::AUTHORITY_NO_MATCH);
    case AuthorityAnswer::kUnknown:
      break;
  }
  return Refuse(Reason::AUTHORITY_UNKNOWN);
}

// The cause goes to the log, by its code only: the authority's texts are not
// ours to vouch for.
absl::Status CouldNotAsk(Reason reason, const absl::Status& cause) {
  Log(Severity::kWarning, "the identity authority could not be asked",
      {{"reason", NameOf(reason)}, {"code", static_cast<int>(cause.code())}});
  return Refuse(reason);
}

}  // namespace

awaitable<Finding> Examiner::Examine(
    const Caller& caller, const identity::v1::VerifyIdentityRequest& request,
    const identity::v1::Evidence& evidence) const {
  Finding finding;
  finding.verdict = CheckOffline(request.openings(), evidence, finding);
  if (!finding.verdict.ok()) co_return finding;
  finding.verdict =
      co_await AskAuthority(caller, request.request_id(), finding);
  if (!finding.verdict.ok()) co_return finding;
  finding.verdict = CheckFace(evidence, finding);
  co_return finding;
}

absl::Status Examiner::CheckOffline(
    const identity::v1::EvidenceOpenings& openings,
    const identity::v1::Evidence& evidence, Finding& finding) const {
  const Date today = Date::Of(deps_.clock.Now());
  const absl::StatusOr<identity::Policy> policy =
      deps_.rules.policies.InForceOn(today);
  if (policy.ok()) finding.policy_version = policy->version;

  // (4) commitments
  RETURN_IF_ERROR(identity::CheckOpenings(evidence, openings));

  // (5) block layout and cross-checks
  const std::optional<identity::DocumentKind> kind =
      identity::KindOfCardBlock(openings.card_block());
  if (kind.has_value()) finding.document_kind = static_cast<int>(*kind);
  ASSIGN_OR_RETURN(finding.card,
                   identity::ParseCardBlock(openings.card_block(), today));

  // (6) document, age, reader
  RETURN_IF_ERROR(policy.status());
  RETURN_IF_ERROR(identity::CheckDocumentPolicy(*policy, *finding.card, today));
  if (!deps_.rules.sam_numbers.contains(evidence.sam_number())) {
    return Refuse(Reason::SAM_NOT_ALLOWED);
  }
  return absl::OkStatus();
}

awaitable<absl::Status> Examiner::AskAuthority(const Caller& caller,
                                               const std::string& request_id,
                                               Finding& finding) const {
  // (7) is it the person's, and in force?
  const absl::Time start = absl::Now();
  const absl::StatusOr<AuthorityCheck> check =
      co_await deps_.authority.CheckIdentity(
          caller, DerivedUuid("identity", caller.spiffe_id, request_id),
          *finding.card);
  if (!check.ok()) {
    co_return CouldNotAsk(Reason::AUTHORITY_UNAVAILABLE, check.status());
  }
  finding.authority_transaction_id = check->transaction_id;
  CO_RETURN_IF_ERROR(ToVerdict(check->answer));

  // (8) numbers that we do not manage
  const absl::StatusOr<int> numbers = co_await deps_.authority.CountNumbers(
      caller, DerivedUuid("numbers", caller.spiffe_id, request_id),
      finding.card->number);
  deps_.metrics.ObserveAuthority(absl::ToDoubleSeconds(absl::Now() - start));
  if (!numbers.ok()) {
    co_return CouldNotAsk(Reason::NUMBER_COUNT_UNAVAILABLE, numbers.status());
  }
  // An answer that cannot be true is none.
  if (*numbers < 0) co_return Refuse(Reason::NUMBER_COUNT_UNAVAILABLE);
  finding.numbers_elsewhere = *numbers;
  co_return absl::OkStatus();
}

absl::Status Examiner::CheckFace(const identity::v1::Evidence& evidence,
                                 Finding& finding) const {
  finding.face_reached = true;
  const absl::Time now = deps_.clock.Now();
  ASSIGN_OR_RETURN(const identity::Policy policy,
                   deps_.rules.policies.InForceOn(Date::Of(now)));
  return identity::CheckFaceResult(
      evidence, deps_.rules.face_engines,
      {.min_score_millionths = policy.face_min_score_millionths,
       .now = now,
       .max_age = deps_.rules.max_clock_difference});
}

}  // namespace shiming::identity_verification

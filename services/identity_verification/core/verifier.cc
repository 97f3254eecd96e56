#include "services/identity_verification/core/verifier.h"

#include <utility>

#include "common/crypto/digest.h"
#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/document/masking.h"
#include "identity/evidence/evidence.h"
#include "services/identity_verification/core/identity_events.h"
#include "services/identity_verification/core/request_form.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
namespace v1 = identity::v1;

// Each lost race means that another case of the same new person committed, so
// the next try finds that person, or that the person is being erased; more
// than one loss needs erasures besides.
constexpr int kMaxPersonRaces = 4;

v1::CaseRecord CaseRecordOf(const v1::EvidenceOpenings& openings,
                            const Finding& finding) {
  const identity::CardBlock& card = *finding.card;
  v1::CaseRecord record;
  record.set_masked_name(
      identity::MaskName(card.name.empty() ? card.name_en : card.name));
  record.set_masked_number(identity::MaskNumber(card.number.canonical()));
  record.set_card_block(openings.card_block());
  record.set_card_block_salt(openings.card_block_salt());
  record.set_eid(openings.eid());
  record.set_imei(openings.imei());
  record.set_device_salt(openings.device_salt());
  record.set_authority_transaction_id(finding.authority_transaction_id);
  return record;
}

absl::StatusOr<v1::Evidence> OpenTerminalEvidence(
    const v1::VerifyIdentityRequest& request, const Standing& standing,
    absl::Time now, absl::Duration max_clock_difference) {
  const absl::StatusOr<crypto::VerifyKey> key =
      crypto::VerifyKey::FromDer(standing.evidence_public_key);
  if (!key.ok()) {
    return MakeError(Reason::INTERNAL_ERROR, "pinned evidence key is no key");
  }
  return identity::OpenEvidence(request.evidence(), *key,
                                {.session_id = standing.session_id,
                                 .terminal = standing.terminal,
                                 .now = now,
                                 .max_clock_difference = max_clock_difference});
}

}  // namespace

Verifier::Verifier(Deps deps, Rules rules, crypto::Secret index_key)
    : deps_(deps),
      rules_(std::move(rules)),
      index_key_(std::move(index_key)),
      examiner_({.clock = deps_.clock,
                 .authority = deps_.authority,
                 .metrics = deps_.metrics,
                 .rules = rules_}),
      persons_({.store = deps_.store,
                .keys = deps_.keys,
                .vault = deps_.vault,
                .index_key = index_key_,
                .random = deps_.random}) {}

awaitable<absl::StatusOr<v1::Verification>> Verifier::Verify(
    const Caller& caller, const v1::VerifyIdentityRequest& request) {
  CO_RETURN_IF_ERROR(CheckForm(request));

  // (1) who stands there, at this moment
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.sessions.CheckSession(
                          caller, request.shift_token(), request.session_id()));
  CO_RETURN_IF_ERROR(CheckServed(request));
  const RequestKey request_key{
      .caller = caller.spiffe_id,
      .request_id = request.request_id(),
      .content_hash = ContentHash(index_key_, request)};
  CO_ASSIGN_OR_RETURN(std::optional<VerificationRecord> known,
                      co_await deps_.store.FindByRequest(request_key));
  if (known.has_value()) co_return co_await View(*std::move(known));

  // (2) is the evidence this terminal's, of this session? Spends nothing.
  CO_ASSIGN_OR_RETURN(const v1::Evidence evidence,
                      OpenTerminalEvidence(request, standing, deps_.clock.Now(),
                                           rules_.max_clock_difference));

  // (3) the nonce, for exactly these bytes
  const std::string evidence_sha256 =
      crypto::Sha256(request.evidence().signed_());
  CO_RETURN_IF_ERROR(co_await deps_.sessions.ConsumeReadNonce(
      caller, standing.session_id, evidence.nonce(), evidence_sha256));

  // (4) to (9)
  const Finding finding = co_await examiner_.Examine(caller, request, evidence);

  // The decision, on the record from here on
  const Case c{.caller = caller,
               .request = request,
               .standing = standing,
               .evidence = evidence,
               .finding = finding,
               .nonce_sha256 = crypto::Sha256(evidence.nonce()),
               .evidence_sha256 = evidence_sha256,
               .request_key = request_key};
  absl::StatusOr<VerificationRecord> record = absl::UnknownError("");
  if (finding.verdict.ok()) {
    record = co_await Approve(c);
  } else {
    record = co_await Refuse(c);
  }
  CO_RETURN_IF_ERROR(record.status());
  co_return co_await View(*std::move(record));
}

awaitable<absl::StatusOr<VerificationRecord>> Verifier::Refuse(const Case& c) {
  const Reason reason =
      ReasonOf(c.finding.verdict).value_or(Reason::INTERNAL_ERROR);
  const std::string verification_id = NewId(deps_.random);
  DecisionDraft draft = DraftOf(c);
  draft.outcome = RefusedOutcome(c, verification_id, reason);
  if (c.finding.face_reached) {
    draft.face_failed = true;
    draft.if_face_locked =
        RefusedOutcome(c, verification_id, Reason::FACE_LOCKED);
  }
  CO_ASSIGN_OR_RETURN(VerificationRecord record,
                      co_await deps_.store.Decide(draft));
  CountDecision(record, verification_id);
  co_return record;
}

awaitable<absl::StatusOr<VerificationRecord>> Verifier::Approve(const Case& c) {
  for (int race = 0; race < kMaxPersonRaces; ++race) {
    CO_ASSIGN_OR_RETURN(const PreparedPerson person,
                        co_await persons_.Prepare(*c.finding.card));
    DecisionDraft draft = DraftOf(c);
    CO_ASSIGN_OR_RETURN(draft.outcome, ApprovedOutcome(c, person));
    const std::string verification_id = draft.outcome.record.verification_id;
    draft.if_face_locked =
        RefusedOutcome(c, verification_id, Reason::FACE_LOCKED);
    absl::StatusOr<VerificationRecord> record =
        co_await deps_.store.Decide(draft);
    if (record.ok()) {
      if (record->person_id != person.change.person_id) {
        co_await persons_.Discard(person.change);
      }
      CountDecision(*record, verification_id);
      co_return record;
    }
    // After any other error the transaction may still have happened: the data
    // key has to stay.
    if (!HasReason(record.status(), Reason::LOST_RACE)) {
      co_return record.status();
    }
    co_await persons_.Discard(person.change);
  }
  co_return MakeError(Reason::LOST_RACE, "the person changed too often");
}

DecisionDraft Verifier::DraftOf(const Case& c) const {
  DecisionDraft draft;
  draft.request = c.request_key;
  draft.nonce_sha256 = c.nonce_sha256;
  draft.face_consent_text_id = c.request.face_consent_text_id();
  draft.face_failures_before_lock = rules_.face_failures_before_lock;
  return draft;
}

VerificationRecord Verifier::RecordOf(
    const Case& c, const std::string& verification_id) const {
  VerificationRecord record;
  record.verification_id = verification_id;
  record.session_id = c.standing.session_id;
  record.terminal = c.standing.terminal;
  record.document_kind = c.finding.document_kind;
  record.decide_time = deps_.clock.Now();
  record.event_id = VerificationEventId(verification_id);
  return record;
}

namespace {

EventFacts FactsOf(const Standing& standing,
                   const v1::VerifyIdentityRequest& request,
                   const v1::Evidence& evidence, const Finding& finding,
                   std::string_view nonce_sha256,
                   std::string_view verification_id,
                   std::string_view trace_id) {
  return {.standing = standing,
          .signed_evidence = request.evidence(),
          .evidence = evidence,
          .nonce_sha256 = nonce_sha256,
          .verification_id = verification_id,
          .policy_version = finding.policy_version,
          .trace_id = trace_id,
          .order_kind = request.order_kind(),
          .document_kind = finding.document_kind};
}

}  // namespace

Outcome Verifier::RefusedOutcome(const Case& c,
                                 const std::string& verification_id,
                                 Reason reason) const {
  Outcome outcome;
  outcome.record = RecordOf(c, verification_id);
  outcome.record.decision = v1::DECISION_REFUSED;
  outcome.record.refused_reason = std::string(NameOf(reason));
  outcome.event = IdentityRefused(
      FactsOf(c.standing, c.request, c.evidence, c.finding, c.nonce_sha256,
              verification_id, c.caller.trace_id),
      NameOf(reason));
  return outcome;
}

absl::StatusOr<Outcome> Verifier::ApprovedOutcome(
    const Case& c, const PreparedPerson& person) const {
  const std::string& person_id = person.change.person_id;
  const std::string verification_id = NewIdOnRouteOf(person_id, deps_.random);
  const std::string attestation_id = NewIdOnRouteOf(person_id, deps_.random);
  Outcome outcome;
  VerificationRecord& record = outcome.record;
  record = RecordOf(c, verification_id);
  record.decision = v1::DECISION_APPROVED;
  record.person_id = person_id;
  record.attestation_expire_time = record.decide_time + rules_.attestation_life;
  record.attestation_bytes = identity::AttestationSigner::BytesOf(
      AttestationOf(c, record, attestation_id));
  ASSIGN_OR_RETURN(
      record.sealed_case,
      deps_.vault.SealCase(person.data_key, verification_id,
                           CaseRecordOf(c.request.openings(), c.finding)));
  outcome.event = IdentityVerified(
      FactsOf(c.standing, c.request, c.evidence, c.finding, c.nonce_sha256,
              verification_id, c.caller.trace_id),
      person_id, person.change.alias, attestation_id,
      c.finding.numbers_elsewhere);
  outcome.person = person.change;
  return outcome;
}

v1::Attestation Verifier::AttestationOf(
    const Case& c, const VerificationRecord& record,
    const std::string& attestation_id) const {
  v1::Attestation attestation;
  attestation.set_attestation_id(attestation_id);
  attestation.set_verification_id(record.verification_id);
  attestation.set_session_id(record.session_id);
  attestation.set_terminal(record.terminal);
  attestation.set_clerk(c.standing.clerk);
  attestation.set_shop(c.standing.shop);
  attestation.set_person_id(record.person_id);
  attestation.set_order_kind(c.request.order_kind());
  attestation.set_device_commitment(c.evidence.device_commitment());
  attestation.set_document_kind(
      static_cast<v1::DocumentKind>(record.document_kind));
  attestation.set_numbers_elsewhere(c.finding.numbers_elsewhere);
  attestation.set_policy_version(c.finding.policy_version);
  attestation.set_evidence_sha256(c.evidence_sha256);
  *attestation.mutable_event_id() = record.event_id;
  attestation.set_audience(std::string(identity::kProfileOrderAudience));
  attestation.set_key_id(deps_.signer.key_id());
  *attestation.mutable_issue_time() = ToProto(record.decide_time);
  *attestation.mutable_expire_time() = ToProto(record.attestation_expire_time);
  return attestation;
}

void Verifier::CountDecision(const VerificationRecord& record,
                             const std::string& our_verification_id) {
  if (record.verification_id != our_verification_id) return;  // a repeat
  deps_.metrics.CountDecision(record.decision == v1::DECISION_REFUSED
                                  ? ReasonByName(record.refused_reason)
                                  : std::nullopt);
}

awaitable<absl::StatusOr<v1::Verification>> Verifier::Get(
    const Caller& caller, const v1::GetVerificationRequest& request) {
  CO_RETURN_IF_ERROR(CheckForm(request));
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.sessions.CheckSession(
                          caller, request.shift_token(), request.session_id()));
  std::optional<VerificationRecord> record;
  if (IsId(request.verification_id())) {
    CO_ASSIGN_OR_RETURN(record,
                        co_await deps_.store.Find(request.verification_id()));
  }
  if (!record.has_value() || record->session_id != standing.session_id) {
    co_return MakeError(Reason::NOT_FOUND, "no such verification");
  }
  co_return co_await View(*std::move(record));
}

awaitable<absl::StatusOr<v1::Verification>> Verifier::View(
    VerificationRecord record) {
  v1::Verification view;
  view.set_verification_id(record.verification_id);
  view.set_session_id(record.session_id);
  view.set_decision(record.decision);
  view.set_refused_reason(record.refused_reason);
  view.set_document_kind(static_cast<v1::DocumentKind>(record.document_kind));
  *view.mutable_decide_time() = ToProto(record.decide_time);
  *view.mutable_event_id() = record.event_id;
  if (record.decision != v1::DECISION_APPROVED) co_return view;

  std::optional<crypto::Secret> data_key;
  if (!record.sealed_case.empty()) {
    CO_ASSIGN_OR_RETURN(data_key,
                        co_await persons_.DataKeyOf(record.person_id));
  }
  if (data_key.has_value()) {
    CO_ASSIGN_OR_RETURN(const v1::CaseRecord shown,
                        deps_.vault.OpenCase(*data_key, record.verification_id,
                                             record.sealed_case));
    view.set_masked_name(shown.masked_name());
    view.set_masked_number(shown.masked_number());
  } else {
    view.set_erased(true);
  }
  if (deps_.clock.Now() < record.attestation_expire_time) {
    absl::StatusOr<v1::SignedObject> attestation =
        deps_.signer.Sign(record.attestation_bytes);
    if (attestation.ok()) {
      *view.mutable_attestation() = *std::move(attestation);
    } else if (!HasReason(attestation.status(), Reason::ATTESTATION_EXPIRED)) {
      co_return attestation.status();
    }
  }
  co_return view;
}

}  // namespace shiming::identity_verification

#include "services/identity_verification/core/identity_events.h"

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"

namespace shiming::identity_verification {
namespace {

using ledger::v1::Event;

void AddCommitment(ledger::v1::CommitmentField field, const std::string& sha256,
                   Event& event) {
  ledger::v1::Commitment* commitment = event.add_commitments();
  commitment->set_field(field);
  commitment->set_sha256(sha256);
}

Event Common(const EventFacts& facts) {
  Event event;
  event.set_format(1);
  event.mutable_id()->set_aggregate(
      VerificationEventId(facts.verification_id).aggregate());
  *event.add_after() = facts.standing.session_opened;
  event.set_once_key("nonce/" + crypto::ToHex(facts.nonce_sha256));
  event.set_shop(facts.standing.shop);
  event.set_terminal(facts.standing.terminal);
  event.set_display(facts.standing.display);
  event.set_clerk(facts.standing.clerk);
  event.set_shift(facts.standing.shift);
  event.set_session(facts.standing.session_id);
  event.set_verification(std::string(facts.verification_id));
  event.set_policy_version(std::string(facts.policy_version));
  event.set_trace_id(std::string(facts.trace_id));
  AddCommitment(ledger::v1::COMMITMENT_FIELD_CARD_BLOCK,
                facts.evidence.card_block_commitment(), event);
  AddCommitment(ledger::v1::COMMITMENT_FIELD_DEVICE,
                facts.evidence.device_commitment(), event);
  ledger::v1::IdentityDetails* details = event.mutable_identity();
  details->set_signed_evidence(facts.signed_evidence.signed_());
  details->set_evidence_signature(facts.signed_evidence.signature());
  details->set_evidence_key_sha256(
      crypto::Sha256(facts.standing.evidence_public_key));
  details->set_document_kind(facts.document_kind);
  details->set_order_kind(facts.order_kind);
  return event;
}

}  // namespace

ledger::v1::EventId VerificationEventId(std::string_view verification_id) {
  ledger::v1::EventId id;
  id.set_source(std::string(kSource));
  id.set_aggregate("verification/" + std::string(verification_id));
  id.set_version(1);
  return id;
}

Event IdentityVerified(const EventFacts& facts, std::string_view person_id,
                       std::string_view person_alias,
                       std::string_view attestation_id, int numbers_elsewhere) {
  Event event = Common(facts);
  event.set_kind(ledger::v1::EVENT_KIND_IDENTITY_VERIFIED);
  event.set_person_id(std::string(person_id));
  event.mutable_identity()->set_attestation_id(std::string(attestation_id));
  event.mutable_identity()->set_person_alias(std::string(person_alias));
  event.mutable_identity()->set_numbers_elsewhere(numbers_elsewhere);
  return event;
}

Event IdentityRefused(const EventFacts& facts, std::string_view reason) {
  Event event = Common(facts);
  event.set_kind(ledger::v1::EVENT_KIND_IDENTITY_REFUSED);
  event.set_refused_reason(std::string(reason));
  return event;
}

ledger::v1::EventId PersonErasedEventId(std::string_view person_id) {
  ledger::v1::EventId id;
  id.set_source(std::string(kSource));
  id.set_aggregate("person/" + std::string(person_id));
  id.set_version(1);
  return id;
}

Event PersonErased(const ErasureRecord& record,
                   std::string_view last_backup_day) {
  const std::string& person_id = record.content.person_id();
  Event event;
  event.set_format(1);
  event.set_kind(ledger::v1::EVENT_KIND_PERSON_ERASED);
  event.mutable_id()->set_aggregate(PersonErasedEventId(person_id).aggregate());
  event.set_once_key("erasure/" + person_id);
  event.set_admin(record.approved_by);
  event.set_person_id(person_id);
  ledger::v1::ErasureDetails* details = event.mutable_erasure();
  details->set_digest(record.digest);
  details->set_proposed_by(record.proposed_by);
  details->set_basis(record.content.basis());
  details->set_last_backup_day(std::string(last_backup_day));
  return event;
}

}  // namespace shiming::identity_verification

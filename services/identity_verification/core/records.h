// What is stored of a verification, and what is decided in one transaction.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_RECORDS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_RECORDS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/status/reason.h"
#include "shiming/identity/v1/identity_resources.pb.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::identity_verification {

// Names one request for ever (24 hours), so that it takes effect once.
struct RequestKey {
  std::string caller;      // SPIFFE id
  std::string request_id;  // UUID
  // Keyed hash of the content, 32 bytes: other content is refused.
  std::string content_hash;
};

// One decided case.
struct VerificationRecord {
  std::string verification_id;
  std::string session_id;
  std::string terminal;
  identity::v1::Decision decision = identity::v1::DECISION_UNSPECIFIED;
  std::string refused_reason;  // when REFUSED
  int document_kind = 0;       // identity::DocumentKind; 0: could not be told
  absl::Time decide_time;
  ledger::v1::EventId event_id;
  // APPROVED only.
  std::string person_id;
  // The bytes that the attestation's signature is over; the signature is never
  // stored, so a copy of the database opens no order.
  std::string attestation_bytes;
  absl::Time attestation_expire_time;
  // CaseRecord, sealed under the person's data key; empty when the person was
  // erased.
  std::string sealed_case;
};

// A person who is known already.
struct KnownPerson {
  std::string person_id;
  // An erasure is approved: no verification until it is done or refused.
  bool erasing = false;
  // Record and data key are gone with a lost database: this visit makes them
  // anew, for the same person.
  bool lost = false;
};

// The person of an approved case.
struct PersonChange {
  std::string person_id;
  // True: alias and person are to be made; false: they were found.
  bool is_new = false;
  std::string alias;          // identity::PersonAlias
  std::string sealed_record;  // PersonRecord under the person's data key
};

// One way in which a case may end.
struct Outcome {
  VerificationRecord record;
  // Draft; the outbox fills source, version and time.
  ledger::v1::Event event;
  // APPROVED only.
  std::optional<PersonChange> person;
};

// Everything that one transaction needs to decide.
struct DecisionDraft {
  RequestKey request;
  // SHA-256 of the read nonce: one verification per reading, for ever.
  std::string nonce_sha256;
  std::string face_consent_text_id;
  Outcome outcome;
  // Set when the case has come to the face: taken instead of `outcome` when
  // the session has had too many failed faces.
  std::optional<Outcome> if_face_locked;
  // The face is why `outcome` refuses.
  bool face_failed = false;
  int face_failures_before_lock = 0;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_RECORDS_H_

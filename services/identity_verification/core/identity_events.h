// Ledger events of step 3, and of erasure.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_IDENTITY_EVENTS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_IDENTITY_EVENTS_H_

#include <string>
#include <string_view>

#include "services/identity_verification/core/erasure_records.h"
#include "services/identity_verification/core/session_authority.h"
#include "shiming/identity/v1/identity_resources.pb.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::identity_verification {

// Our name in certificates and events.
inline constexpr std::string_view kSource = "identity_verification";

// What both events say. Views live as long as the call.
struct EventFacts {
  const Standing& standing;
  // As the terminal signed it, and parsed.
  const identity::v1::SignedObject& signed_evidence;
  const identity::v1::Evidence& evidence;
  std::string_view nonce_sha256;  // 32 bytes
  std::string_view verification_id;
  std::string_view policy_version;
  std::string_view trace_id;
  identity::v1::OrderKind order_kind;
  int document_kind;  // 0: could not be told
};

// The event of a verification: its aggregate's first and only one so far.
ledger::v1::EventId VerificationEventId(std::string_view verification_id);

// IDENTITY_VERIFIED: with person and alias, attestation id and numbers
// elsewhere.
ledger::v1::Event IdentityVerified(const EventFacts& facts,
                                   std::string_view person_id,
                                   std::string_view person_alias,
                                   std::string_view attestation_id,
                                   int numbers_elsewhere);

// IDENTITY_REFUSED: with the reason; names no person.
ledger::v1::Event IdentityRefused(const EventFacts& facts,
                                  std::string_view reason);

// The event of a person's end: the aggregate's only one.
ledger::v1::EventId PersonErasedEventId(std::string_view person_id);

// PERSON_ERASED, but for the events that it stands behind.
ledger::v1::Event PersonErased(const ErasureRecord& record,
                               std::string_view last_backup_day);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_IDENTITY_EVENTS_H_

// What is stored of an erasure, and how it may stand.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_RECORDS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shiming/identity/v1/erasure_resources.pb.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::identity_verification {

// The latest erasure of a person.
struct ErasureRecord {
  identity::v1::ErasureContent content;  // names the person
  identity::v1::ErasureState state = identity::v1::ERASURE_STATE_UNSPECIFIED;
  std::string digest;  // 32 bytes
  std::string proposed_by;
  std::string approved_by;  // empty while PROPOSED
  // From APPROVED on.
  std::optional<absl::Time> approve_time;
  int64_t task_number = 0;  // 0: none yet
  // REFUSED.
  std::string refused_reason;
  std::optional<absl::Time> retain_until;
  // From DESTROYING on: events that PERSON_ERASED has to stand behind.
  std::vector<ledger::v1::EventId> last_events;
  // ERASED.
  std::optional<absl::Time> erase_time;
  std::string last_backup_day;  // "YYYY-MM-DD"
};

// A proposal that was checked.
struct ErasureProposal {
  identity::v1::ErasureContent content;
  std::string digest;  // 32 bytes
  std::string officer;
};

// How an erasure ends.
struct ErasureEnd {
  absl::Time erase_time;
  std::string last_backup_day;
  // Draft; the store adds what it has to stand behind, the outbox the rest.
  ledger::v1::Event event;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_RECORDS_H_

// What the terminal signs about one reading: session, nonce, commitments, and
// the openings that travel beside it.
#ifndef SHIMING_IDENTITY_EVIDENCE_EVIDENCE_H_
#define SHIMING_IDENTITY_EVIDENCE_EVIDENCE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "shiming/identity/v1/identity_resources.pb.h"

namespace shiming::identity {

// What the evidence must say.
struct EvidenceContext {
  std::string_view session_id;
  std::string_view terminal;  // "<shop>/<terminal>"
  absl::Time now;
  // How far the terminal's clock may be off, both ways.
  absl::Duration max_clock_difference;
};

// Opens the terminal's evidence: signature by `key` (the pinned evidence key),
// form of every field, then session, terminal and time. Reasons in this order:
// EVIDENCE_SIGNATURE_INVALID, EVIDENCE_MALFORMED, EVIDENCE_OTHER_SESSION,
// EVIDENCE_OTHER_TERMINAL, EVIDENCE_TIME_OFF. Spends nothing. Thread-safe.
absl::StatusOr<v1::Evidence> OpenEvidence(const v1::SignedObject& object,
                                          const crypto::VerifyKey& key,
                                          const EvidenceContext& context);

// The value of the device commitment: 32 digits of EID, 15 of IMEI.
std::string DeviceValue(std::string_view eid, std::string_view imei);

// Do the openings open both commitments? CARD_BLOCK_COMMITMENT_MISMATCH or
// DEVICE_COMMITMENT_MISMATCH. Thread-safe.
absl::Status CheckOpenings(const v1::Evidence& evidence,
                           const v1::EvidenceOpenings& openings);

// True for a number of a reader's security module as it may stand on the
// record: 1 to 40 characters of [0-9A-Za-z.-].
bool IsSamNumber(std::string_view text);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_EVIDENCE_EVIDENCE_H_

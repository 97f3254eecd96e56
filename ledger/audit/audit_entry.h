// An entry as the audit takes it: parsed, its evidence parsed and verified.
// This part needs no other entry, so it is done on several threads.
#ifndef SHIMING_LEDGER_AUDIT_AUDIT_ENTRY_H_
#define SHIMING_LEDGER_AUDIT_AUDIT_ENTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/audit/key_ring.h"
#include "ledger/hasher.h"
#include "shiming/identity/v1/identity_resources.pb.h"
#include "shiming/ledger/v1/audit_state.pb.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::ledger {

// What became of the signature on the evidence.
enum class EvidenceSignature {
  kUnknownKey,  // the ring has no such key (yet)
  kValid,
  kInvalid,
};

// The evidence inside an IDENTITY_* entry.
struct AuditEvidence {
  // False when one of the two is no such signed object; then the messages mean
  // nothing.
  bool well_formed = false;
  bool face_well_formed = false;
  identity::v1::Evidence evidence;
  identity::v1::FaceResult face;
  EvidenceSignature signature = EvidenceSignature::kUnknownKey;
};

struct AuditEntry {
  // In its log, plus the entries of the logs before it.
  uint64_t index = 0;
  Hash leaf_hash;
  // False for bytes that are no canonical entry; then `event` is empty.
  bool canonical = false;
  v1::Event event;
  int64_t time_us = 0;
  // Set for IDENTITY_VERIFIED and IDENTITY_REFUSED.
  std::unique_ptr<AuditEvidence> evidence;

  v1::AuditMark Mark() const;
};

// Thread-safe.
AuditEntry PrepareEntry(uint64_t index, std::string_view bytes,
                        const KeyRing& keys, const Hasher& hasher);
// The same into an entry that was used before, which saves most allocations.
void PrepareEntry(uint64_t index, std::string_view bytes, const KeyRing& keys,
                  const Hasher& hasher, AuditEntry* entry);

// Verifies the signature on the evidence of an IDENTITY_* event by the key that
// it names. Thread-safe.
EvidenceSignature VerifyEvidenceSignature(const v1::IdentityDetails& identity,
                                          const KeyRing& keys);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_AUDIT_ENTRY_H_

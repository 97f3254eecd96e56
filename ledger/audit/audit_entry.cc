#include "ledger/audit/audit_entry.h"

#include <google/protobuf/message.h>

#include <utility>

#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

// Labels of identity_resources.proto.
constexpr std::string_view kEvidenceLabel = "shiming/evidence/v1";
constexpr std::string_view kFaceResultLabel = "shiming/face-result/v1";

// The message behind label and 0x00. False when it is none or holds fields
// that nobody knows: nothing may hide in bytes that stand on the record.
bool ParseSigned(std::string_view label, std::string_view bytes,
                 google::protobuf::Message* message) {
  if (bytes.size() <= label.size() || !bytes.starts_with(label) ||
      bytes[label.size()] != '\0') {
    return false;
  }
  const std::string_view body = bytes.substr(label.size() + 1);
  return message->ParseFromArray(body.data(), static_cast<int>(body.size())) &&
         message->GetReflection()->GetUnknownFields(*message).empty();
}

std::unique_ptr<AuditEvidence> ReadEvidence(const v1::IdentityDetails& identity,
                                            const KeyRing& keys) {
  auto read = std::make_unique<AuditEvidence>();
  read->well_formed =
      ParseSigned(kEvidenceLabel, identity.signed_evidence(), &read->evidence);
  read->face_well_formed =
      read->well_formed &&
      ParseSigned(kFaceResultLabel, read->evidence.signed_face_result(),
                  &read->face);
  read->signature = VerifyEvidenceSignature(identity, keys);
  return read;
}

}  // namespace

v1::AuditMark AuditEntry::Mark() const {
  v1::AuditMark mark;
  mark.set_position(index + 1);
  mark.set_time_us(time_us);
  return mark;
}

EvidenceSignature VerifyEvidenceSignature(const v1::IdentityDetails& identity,
                                          const KeyRing& keys) {
  const auto key = keys.Find(identity.evidence_key_sha256());
  if (!key.has_value()) return EvidenceSignature::kUnknownKey;
  const bool valid =
      identity.signed_evidence().starts_with(kEvidenceLabel) &&
      key->Verify(identity.signed_evidence(), identity.evidence_signature())
          .ok();
  return valid ? EvidenceSignature::kValid : EvidenceSignature::kInvalid;
}

AuditEntry PrepareEntry(uint64_t index, std::string_view bytes,
                        const KeyRing& keys, const Hasher& hasher) {
  AuditEntry entry;
  PrepareEntry(index, bytes, keys, hasher, &entry);
  return entry;
}

void PrepareEntry(uint64_t index, std::string_view bytes, const KeyRing& keys,
                  const Hasher& hasher, AuditEntry* entry) {
  entry->index = index;
  entry->leaf_hash = hasher.Leaf(bytes);
  entry->evidence.reset();
  entry->time_us = 0;
  entry->canonical = ParseEntry(bytes, &entry->event).ok();
  if (!entry->canonical) {
    entry->event.Clear();
    return;
  }
  const v1::Event& event = entry->event;
  entry->time_us =
      event.time().seconds() * 1'000'000 + event.time().nanos() / 1000;
  if (event.kind() == v1::EVENT_KIND_IDENTITY_VERIFIED ||
      event.kind() == v1::EVENT_KIND_IDENTITY_REFUSED) {
    entry->evidence = ReadEvidence(event.identity(), keys);
  }
}

}  // namespace shiming::ledger

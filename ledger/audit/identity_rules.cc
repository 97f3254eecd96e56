#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "ledger/audit/rules.h"

namespace shiming::ledger {
namespace {

constexpr size_t kNonceBytes = 32;

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

bool IsFar(const google::protobuf::Timestamp& time, const AuditEntry& entry,
           const AuditBooks& books) {
  const int64_t most = absl::ToInt64Microseconds(
      books.options.max_clock_difference + books.options.step_time);
  return std::llabs(entry.time_us - MicrosOf(time)) > most;
}

const v1::AuditSession* CheckSession(const AuditEntry& entry,
                                     AuditBooks& books) {
  const v1::Event& event = entry.event;
  const auto found = books.sessions.find(event.session());
  const std::string name = absl::StrCat("session/", event.session());
  if (found == books.sessions.end() ||
      !Follows(event, kTerminalSource, name, 1)) {
    books.Add(ViolationKind::VERIFIED_OUTSIDE_SESSION, entry, event.session());
    return found == books.sessions.end() ? nullptr : &found->second;
  }
  const v1::AuditSession& session = found->second;
  // The clocks of two services, and the time that the authority takes.
  const int64_t step = absl::ToInt64Microseconds(books.options.step_time);
  const auto over = [&](const v1::AuditMark& end) {
    return end.position() != 0 && entry.time_us > end.time_us() + step;
  };
  if (!IsAtPlaceOf(event, session) || over(session.closed()) ||
      over(session.must_end())) {
    books.Add(ViolationKind::VERIFIED_OUTSIDE_SESSION, entry, event.session(),
              {session.opened().position(), session.closed().position(),
               session.must_end().position()});
  } else if (entry.time_us >
             session.opened().time_us() +
                 absl::ToInt64Microseconds(books.options.session_time) + step) {
    books.Add(ViolationKind::SESSION_OVERTIME, entry, event.session(),
              {session.opened().position()});
  }
  return &session;
}

void CheckSignature(const AuditEntry& entry, const v1::AuditSession* session,
                    AuditBooks& books) {
  const v1::IdentityDetails& identity = entry.event.identity();
  EvidenceSignature signature = entry.evidence->signature;
  if (signature == EvidenceSignature::kUnknownKey) {
    // Pinned just before, when the entry had already been prepared.
    signature = VerifyEvidenceSignature(identity, books.keys);
  }
  const bool pinned = session == nullptr || session->evidence_key_sha256() ==
                                                identity.evidence_key_sha256();
  if (!pinned || signature == EvidenceSignature::kUnknownKey) {
    books.Add(ViolationKind::EVIDENCE_KEY_NOT_PINNED, entry,
              crypto::ToHex(identity.evidence_key_sha256()),
              {session == nullptr ? 0 : session->shift_opened().position()});
  } else if (signature == EvidenceSignature::kInvalid) {
    books.Add(ViolationKind::EVIDENCE_SIGNATURE_INVALID, entry);
  }
}

void CheckNonce(const AuditEntry& entry, AuditBooks& books) {
  const std::string key = absl::StrCat(
      "nonce/",
      crypto::ToHex(crypto::Sha256(entry.evidence->evidence.nonce())));
  if (entry.event.once_key() == key) return;
  books.Add(ViolationKind::ONCE_KEY_WRONG, entry, key);
  if (!books.sequence.TakeOnceKey(key)) {
    books.Add(ViolationKind::NONCE_REUSED, entry, key);
  }
}

void CheckFace(const AuditEntry& entry, AuditBooks& books) {
  const identity::v1::Evidence& evidence = entry.evidence->evidence;
  const identity::v1::FaceResult& face = entry.evidence->face;
  const bool shown =
      entry.evidence->face_well_formed &&
      face.session_id() == evidence.session_id() &&
      face.nonce() == evidence.nonce() &&
      face.card_block_commitment() == evidence.card_block_commitment() &&
      face.live() && face.score_millionths() >= face.threshold_millionths() &&
      face.threshold_millionths() > 0 && !IsFar(face.time(), entry, books);
  if (!shown) books.Add(ViolationKind::FACE_NOT_SHOWN, entry);
}

void CheckEvidence(const AuditEntry& entry, const v1::AuditSession* session,
                   AuditBooks& books) {
  const v1::Event& event = entry.event;
  CheckSignature(entry, session, books);
  const identity::v1::Evidence& evidence = entry.evidence->evidence;
  if (!entry.evidence->well_formed || evidence.nonce().size() != kNonceBytes) {
    books.Add(ViolationKind::EVIDENCE_MALFORMED, entry);
    return;
  }
  CheckNonce(entry, books);
  if (evidence.session_id() != event.session() ||
      evidence.terminal() != event.terminal()) {
    books.Add(ViolationKind::EVIDENCE_OF_OTHER_SESSION, entry,
              absl::StrCat(evidence.session_id(), " at ", evidence.terminal()));
  }
  if (evidence.card_block_commitment() !=
          CommitmentOf(event, v1::COMMITMENT_FIELD_CARD_BLOCK) ||
      evidence.device_commitment() !=
          CommitmentOf(event, v1::COMMITMENT_FIELD_DEVICE)) {
    books.Add(ViolationKind::EVIDENCE_COMMITMENTS_DIFFER, entry);
  }
  if (IsFar(evidence.device_time(), entry, books)) {
    books.Add(ViolationKind::EVIDENCE_TIME_OFF, entry);
  }
  if (event.kind() == v1::EVENT_KIND_IDENTITY_VERIFIED) {
    CheckFace(entry, books);
  }
}

bool IsComplete(const v1::Event& event) {
  const v1::IdentityDetails& identity = event.identity();
  if (event.verification() != IdOf(event) || event.session().empty() ||
      event.id().version() != 1) {
    return false;
  }
  if (event.kind() == v1::EVENT_KIND_IDENTITY_REFUSED) {
    return !event.refused_reason().empty() && identity.attestation_id().empty();
  }
  return event.refused_reason().empty() && !event.person_id().empty() &&
         !identity.attestation_id().empty() && identity.document_kind() > 0 &&
         identity.order_kind() > 0 && identity.numbers_elsewhere() >= 0;
}

}  // namespace

void VisitIdentity(const AuditEntry& entry, AuditBooks& books) {
  const v1::Event& event = entry.event;
  const std::string id(IdOf(event));
  if (!IsComplete(event)) books.Add(ViolationKind::FIELD_MISSING, entry);
  const v1::AuditSession* session = CheckSession(entry, books);
  CheckEvidence(entry, session, books);
  const bool refused = event.kind() == v1::EVENT_KIND_IDENTITY_REFUSED;
  if (!refused && event.policy_version().empty()) {
    books.Add(ViolationKind::POLICY_VERSION_DIFFERS, entry, "none");
  }
  v1::AuditVerification& verification = books.verifications[id];
  verification.set_verification(id);
  *verification.mutable_decided() = entry.Mark();
  verification.set_refused(refused);
  verification.set_session(event.session());
  verification.set_person_id(event.person_id());
  verification.set_attestation_id(event.identity().attestation_id());
  verification.set_order_kind(event.identity().order_kind());
  verification.set_numbers_elsewhere(event.identity().numbers_elsewhere());
  verification.set_device_commitment(
      CommitmentOf(event, v1::COMMITMENT_FIELD_DEVICE));
  verification.set_policy_version(event.policy_version());
  books.old_verifications.emplace_back(entry.time_us, id);
}

}  // namespace shiming::ledger

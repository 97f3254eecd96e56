#include "identity/evidence/evidence.h"

#include "common/crypto/commitment.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/evidence/face_result.h"
#include "identity/evidence/field_forms.h"
#include "identity/evidence/signed_object.h"

namespace shiming::identity {
namespace {

constexpr size_t kMaxSamNumber = 40;
// A DER signature of ECDSA P-256 has at most 72 bytes.
constexpr size_t kMaxDerSignature = 72;

absl::Status Malformed(std::string_view field) {
  return MakeError(Reason::EVIDENCE_MALFORMED, "evidence field is malformed",
                   {.field = std::string(field)});
}

absl::Status CheckForm(const v1::Evidence& evidence) {
  if (evidence.nonce().size() != kDigestBytes) return Malformed("nonce");
  if (evidence.card_block_commitment().size() != kDigestBytes) {
    return Malformed("card_block_commitment");
  }
  if (evidence.device_commitment().size() != kDigestBytes) {
    return Malformed("device_commitment");
  }
  if (evidence.device_capture() != v1::DEVICE_CAPTURE_SCREEN_SCAN) {
    return Malformed("device_capture");
  }
  if (!IsSamNumber(evidence.sam_number())) return Malformed("sam_number");
  if (!HasFaceResultForm(evidence.signed_face_result())) {
    return Malformed("signed_face_result");
  }
  if (evidence.face_result_signature().size() > kMaxDerSignature) {
    return Malformed("face_result_signature");
  }
  if (!IsTimestamp(evidence.device_time())) return Malformed("device_time");
  return absl::OkStatus();
}

absl::Status Refuse(Reason reason) {
  return MakeError(reason, "evidence refused");
}

}  // namespace

absl::StatusOr<v1::Evidence> OpenEvidence(const v1::SignedObject& object,
                                          const crypto::VerifyKey& key,
                                          const EvidenceContext& context) {
  ASSIGN_OR_RETURN(
      v1::Evidence evidence,
      OpenSigned<v1::Evidence>(
          kEvidenceLabel, object.signed_(), object.signature(), key,
          {.bad_signature = Reason::EVIDENCE_SIGNATURE_INVALID,
           .malformed = Reason::EVIDENCE_MALFORMED}));
  RETURN_IF_ERROR(CheckForm(evidence));
  if (evidence.session_id() != context.session_id) {
    return Refuse(Reason::EVIDENCE_OTHER_SESSION);
  }
  if (evidence.terminal() != context.terminal) {
    return Refuse(Reason::EVIDENCE_OTHER_TERMINAL);
  }
  const absl::Duration difference =
      absl::AbsDuration(FromProto(evidence.device_time()) - context.now);
  if (difference > context.max_clock_difference) {
    return Refuse(Reason::EVIDENCE_TIME_OFF);
  }
  return evidence;
}

std::string DeviceValue(std::string_view eid, std::string_view imei) {
  std::string value(eid);
  value += imei;
  return value;
}

absl::Status CheckOpenings(const v1::Evidence& evidence,
                           const v1::EvidenceOpenings& openings) {
  if (!crypto::OpensCommitment(
          evidence.card_block_commitment(), crypto::kCardBlockLabel,
          openings.card_block_salt(), openings.card_block())) {
    return Refuse(Reason::CARD_BLOCK_COMMITMENT_MISMATCH);
  }
  if (!crypto::OpensCommitment(evidence.device_commitment(),
                               crypto::kDeviceLabel, openings.device_salt(),
                               DeviceValue(openings.eid(), openings.imei()))) {
    return Refuse(Reason::DEVICE_COMMITMENT_MISMATCH);
  }
  return absl::OkStatus();
}

bool IsSamNumber(std::string_view text) {
  return IsPlainName(text, kMaxSamNumber) &&
         text.find('_') == std::string_view::npos;
}

}  // namespace shiming::identity

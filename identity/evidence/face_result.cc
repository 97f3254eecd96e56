#include "identity/evidence/face_result.h"

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/evidence/field_forms.h"
#include "identity/evidence/signed_object.h"

namespace shiming::identity {
namespace {

// Scores and thresholds are millionths.
constexpr int32_t kMaxMillionths = 1'000'000;
constexpr size_t kMaxName = 64;

absl::Status Refuse(Reason reason) {
  return MakeError(reason, "face result refused");
}

bool IsMillionths(int32_t value) {
  return value >= 0 && value <= kMaxMillionths;
}

bool IsWellFormed(const v1::FaceResult& face) {
  return IsPlainName(face.session_id(), kMaxName) &&
         face.nonce().size() == kDigestBytes &&
         face.card_block_commitment().size() == kDigestBytes &&
         IsMillionths(face.score_millionths()) &&
         IsMillionths(face.threshold_millionths()) &&
         IsPlainName(face.model_version(), kMaxName) &&
         IsPlainName(face.engine_key_id(), kMaxName) &&
         IsTimestamp(face.time());
}

}  // namespace

bool HasFaceResultForm(std::string_view signed_bytes) {
  v1::FaceResult face;
  return PeekSigned(kFaceResultLabel, signed_bytes, &face) &&
         IsWellFormed(face);
}

absl::Status CheckFaceResult(const v1::Evidence& evidence,
                             const FaceEngineKeys& engines,
                             const FaceRules& rules) {
  v1::FaceResult named;
  if (!PeekSigned(kFaceResultLabel, evidence.signed_face_result(), &named)) {
    return Refuse(Reason::FACE_RESULT_MALFORMED);
  }
  const auto engine = engines.find(named.engine_key_id());
  if (engine == engines.end()) return Refuse(Reason::FACE_ENGINE_UNKNOWN);
  ASSIGN_OR_RETURN(const v1::FaceResult face,
                   OpenSigned<v1::FaceResult>(
                       kFaceResultLabel, evidence.signed_face_result(),
                       evidence.face_result_signature(), engine->second,
                       {.bad_signature = Reason::FACE_RESULT_SIGNATURE_INVALID,
                        .malformed = Reason::FACE_RESULT_MALFORMED}));
  if (!IsWellFormed(face)) return Refuse(Reason::FACE_RESULT_MALFORMED);
  if (face.session_id() != evidence.session_id() ||
      face.nonce() != evidence.nonce() ||
      face.card_block_commitment() != evidence.card_block_commitment()) {
    return Refuse(Reason::FACE_RESULT_OTHER_READ);
  }
  if (absl::AbsDuration(rules.now - FromProto(face.time())) > rules.max_age) {
    return Refuse(Reason::FACE_RESULT_TIME_OFF);
  }
  if (!face.live()) return Refuse(Reason::FACE_NOT_LIVE);
  if (face.score_millionths() < face.threshold_millionths() ||
      face.score_millionths() < rules.min_score_millionths) {
    return Refuse(Reason::FACE_SCORE_LOW);
  }
  return absl::OkStatus();
}

}  // namespace shiming::identity

#include "tools/shiming_terminal/face_engine.h"

#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/evidence/signed_object.h"

namespace shiming::shiming_terminal {

absl::StatusOr<identity::v1::SignedObject> DemoFaceEngine::Compare(
    std::string_view session_id, std::string_view nonce,
    std::string_view card_block_commitment, absl::Time now,
    const DemoFace& face) const {
  identity::v1::FaceResult result;
  result.set_session_id(std::string(session_id));
  result.set_nonce(std::string(nonce));
  result.set_card_block_commitment(std::string(card_block_commitment));
  result.set_score_millionths(face.score_millionths);
  result.set_threshold_millionths(face.threshold_millionths);
  result.set_live(face.live);
  result.set_model_version("shiming-demo-face-1");
  result.set_engine_key_id(key_id_);
  *result.mutable_time() = ToProto(now);
  return identity::SignObject(identity::kFaceResultLabel, result, key_);
}

}  // namespace shiming::shiming_terminal

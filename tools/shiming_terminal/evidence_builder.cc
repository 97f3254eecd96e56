#include "tools/shiming_terminal/evidence_builder.h"

#include "common/crypto/commitment.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "identity/evidence/signed_object.h"

namespace shiming::shiming_terminal {

absl::StatusOr<BuiltEvidence> BuildEvidence(
    const Capture& capture, std::string_view session_id, std::string_view nonce,
    std::string_view terminal, std::string_view sam_number, absl::Time now,
    const crypto::SigningKey& evidence_key, const DemoFaceEngine& face_engine,
    crypto::Random& random) {
  BuiltEvidence built;
  built.openings.set_card_block(capture.card_block);
  built.openings.set_card_block_salt(
      random.Bytes(crypto::kCommitmentSaltBytes));
  built.openings.set_eid(capture.eid);
  built.openings.set_imei(capture.imei);
  built.openings.set_device_salt(random.Bytes(crypto::kCommitmentSaltBytes));

  identity::v1::Evidence evidence;
  evidence.set_session_id(std::string(session_id));
  evidence.set_nonce(std::string(nonce));
  evidence.set_card_block_commitment(
      crypto::Commit(crypto::kCardBlockLabel, built.openings.card_block_salt(),
                     capture.card_block));
  evidence.set_device_commitment(crypto::Commit(crypto::kDeviceLabel,
                                                built.openings.device_salt(),
                                                capture.eid + capture.imei));
  evidence.set_device_capture(identity::v1::DEVICE_CAPTURE_SCREEN_SCAN);
  evidence.set_sam_number(std::string(sam_number));
  ASSIGN_OR_RETURN(
      identity::v1::SignedObject face,
      face_engine.Compare(session_id, nonce, evidence.card_block_commitment(),
                          now, capture.face));
  evidence.set_signed_face_result(face.signed_());
  evidence.set_face_result_signature(face.signature());
  *evidence.mutable_device_time() = ToProto(now);
  evidence.set_terminal(std::string(terminal));
  ASSIGN_OR_RETURN(
      built.evidence,
      identity::SignObject(identity::kEvidenceLabel, evidence, evidence_key));
  return built;
}

}  // namespace shiming::shiming_terminal

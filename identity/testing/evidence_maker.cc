#include "identity/testing/evidence_maker.h"

#include "common/crypto/commitment.h"
#include "common/time/proto_time.h"
#include "identity/document/card_block_builder.h"
#include "identity/evidence/evidence.h"
#include "identity/evidence/signed_object.h"

namespace shiming::identity {
EvidenceMaker::EvidenceMaker()
    : evidence_key(*crypto::SigningKey::GenerateP256()),
      face_engine_key(*crypto::SigningKey::GenerateP256()),
      card_block(*BuildResidentCard(SyntheticPersonOf(1))),
      now(absl::FromUnixSeconds(1'782'800'000)) {}

MadeEvidence EvidenceMaker::Make() const {
  MadeEvidence made;
  v1::EvidenceOpenings& openings = made.openings;
  openings.set_card_block(card_block);
  openings.set_card_block_salt(std::string(32, '\x21'));
  openings.set_eid(eid);
  openings.set_imei(imei);
  openings.set_device_salt(std::string(32, '\x22'));

  v1::FaceResult face;
  face.set_session_id(session_id);
  face.set_nonce(nonce);
  face.set_card_block_commitment(crypto::Commit(
      crypto::kCardBlockLabel, openings.card_block_salt(), card_block));
  face.set_score_millionths(900'000);
  face.set_threshold_millionths(800'000);
  face.set_live(true);
  face.set_model_version("demo-1");
  face.set_engine_key_id(engine_key_id);
  *face.mutable_time() = ToProto(now);
  change_face(face);
  const v1::SignedObject signed_face =
      *SignObject(kFaceResultLabel, face, face_engine_key);

  v1::Evidence evidence;
  evidence.set_session_id(session_id);
  evidence.set_nonce(nonce);
  evidence.set_card_block_commitment(crypto::Commit(
      crypto::kCardBlockLabel, openings.card_block_salt(), card_block));
  evidence.set_device_commitment(crypto::Commit(
      crypto::kDeviceLabel, openings.device_salt(), DeviceValue(eid, imei)));
  evidence.set_device_capture(v1::DEVICE_CAPTURE_SCREEN_SCAN);
  evidence.set_sam_number(sam_number);
  evidence.set_signed_face_result(signed_face.signed_());
  evidence.set_face_result_signature(signed_face.signature());
  *evidence.mutable_device_time() = ToProto(now);
  evidence.set_terminal(terminal);
  change_evidence(evidence);
  made.evidence = *SignObject(kEvidenceLabel, evidence, evidence_key);
  change_openings(openings);
  return made;
}

}  // namespace shiming::identity

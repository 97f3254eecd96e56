// Plays terminal and face engine in tests.
#ifndef SHIMING_IDENTITY_TESTING_EVIDENCE_MAKER_H_
#define SHIMING_IDENTITY_TESTING_EVIDENCE_MAKER_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "shiming/identity/v1/identity_resources.pb.h"

namespace shiming::identity {

// Signed evidence with its openings.
struct MadeEvidence {
  v1::SignedObject evidence;
  v1::EvidenceOpenings openings;
};

// Makes evidence of a reading as it should be; a test changes what it is about
// through the fields and hooks. Not thread-safe.
struct EvidenceMaker {
  EvidenceMaker();

  crypto::SigningKey evidence_key;
  crypto::SigningKey face_engine_key;
  std::string session_id = std::string(32, 'a');
  std::string terminal = "shop-1/terminal-1";
  std::string nonce = std::string(32, '\x11');
  std::string card_block;  // a synthetic resident's, until set
  std::string eid = "89049032123451234512345678901235";
  std::string imei = "490154203237518";
  std::string sam_number = "05.01-20200101-0000000001";
  std::string engine_key_id = "engine-1";
  absl::Time now;
  // Called just before signing.
  std::function<void(v1::FaceResult&)> change_face = [](auto&) {};
  std::function<void(v1::Evidence&)> change_evidence = [](auto&) {};
  std::function<void(v1::EvidenceOpenings&)> change_openings = [](auto&) {};

  MadeEvidence Make() const;
};

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_TESTING_EVIDENCE_MAKER_H_

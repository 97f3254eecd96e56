// The live face check, as the face engine signed it.
#ifndef SHIMING_IDENTITY_EVIDENCE_FACE_RESULT_H_
#define SHIMING_IDENTITY_EVIDENCE_FACE_RESULT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "shiming/identity/v1/identity_resources.pb.h"

namespace shiming::identity {

// The engines that are trusted: engine key id to public key (ECDSA P-256).
using FaceEngineKeys = std::map<std::string, crypto::VerifyKey, std::less<>>;

// What a face result must reach.
struct FaceRules {
  // Lowest score in millionths, whatever threshold the engine was set to.
  int32_t min_score_millionths;
  absl::Time now;
  // How old the result may be, and how far ahead the engine's clock.
  absl::Duration max_age;
};

// True when `signed_bytes` are a face result in which every field has the form
// that may stand on the record: it is part of the evidence, which goes there
// whatever the decision. Says nothing about its truth. Thread-safe.
bool HasFaceResultForm(std::string_view signed_bytes);

// Checks the result inside `evidence`, whose own signature has been checked.
// Reasons in this order: FACE_ENGINE_UNKNOWN, FACE_RESULT_SIGNATURE_INVALID,
// FACE_RESULT_MALFORMED, FACE_RESULT_OTHER_READ (session, nonce or card block
// is another), FACE_RESULT_TIME_OFF, FACE_NOT_LIVE, FACE_SCORE_LOW (below the
// engine's threshold or below the rules' minimum). Thread-safe.
absl::Status CheckFaceResult(const v1::Evidence& evidence,
                             const FaceEngineKeys& engines,
                             const FaceRules& rules);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_EVIDENCE_FACE_RESULT_H_

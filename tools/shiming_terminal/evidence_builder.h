// Puts together what the terminal signs in step 2 (DESIGN 3).
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_EVIDENCE_BUILDER_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_EVIDENCE_BUILDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/crypto/random.h"
#include "shiming/identity/v1/identity_resources.pb.h"
#include "tools/shiming_terminal/face_engine.h"

namespace shiming::shiming_terminal {

// What the reader, the scanner and the camera gave for one customer.
struct Capture {
  // The 256 bytes from the card. Personal data.
  std::string card_block;
  // As scanned; not checked here, the services do that.
  std::string eid;
  std::string imei;
  DemoFace face;
};

// Signed evidence and the openings that travel beside it.
struct BuiltEvidence {
  identity::v1::SignedObject evidence;
  identity::v1::EvidenceOpenings openings;
};

// Commits to the captured values with fresh salts, has the face engine sign
// its result for the same card block and nonce, and signs all of it with the
// terminal's evidence key. `terminal` is "<shop>/<terminal>".
absl::StatusOr<BuiltEvidence> BuildEvidence(
    const Capture& capture, std::string_view session_id, std::string_view nonce,
    std::string_view terminal, std::string_view sam_number, absl::Time now,
    const crypto::SigningKey& evidence_key, const DemoFaceEngine& face_engine,
    crypto::Random& random);

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_EVIDENCE_BUILDER_H_

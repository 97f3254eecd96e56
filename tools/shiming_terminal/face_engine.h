// The face engine that a shop's camera brings along. This one is for
// demonstrations: it plays a live, matching customer and signs with a demo
// key, and its model version says so.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_FACE_ENGINE_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_FACE_ENGINE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "shiming/identity/v1/identity_resources.pb.h"

namespace shiming::shiming_terminal {

// What the demo engine pretends to have seen.
struct DemoFace {
  // Similarity in millionths, 0 to 1,000,000.
  int score_millionths = 930'000;
  // Threshold of the engine in millionths.
  int threshold_millionths = 800'000;
  bool live = true;
};

// Signs face results. Thread-safe.
class DemoFaceEngine {
 public:
  // `key` is the engine's ECDSA P-256 key; `key_id` names it on
  // identity_verification's list.
  DemoFaceEngine(crypto::SigningKey key, std::string key_id)
      : key_(std::move(key)), key_id_(std::move(key_id)) {}

  // A result for this session, read nonce and card block commitment (32 bytes
  // each), as `signed` and `signature`.
  absl::StatusOr<identity::v1::SignedObject> Compare(
      std::string_view session_id, std::string_view nonce,
      std::string_view card_block_commitment, absl::Time now,
      const DemoFace& face) const;

 private:
  const crypto::SigningKey key_;
  const std::string key_id_;
};

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_FACE_ENGINE_H_

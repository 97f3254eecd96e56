// Signed objects: `signed` = label ‖ 0x00 ‖ serialised message, and a
// signature over all of it. Readers check the signature over the bytes as they
// came and never serialise again (DESIGN 3).
#ifndef SHIMING_IDENTITY_EVIDENCE_SIGNED_OBJECT_H_
#define SHIMING_IDENTITY_EVIDENCE_SIGNED_OBJECT_H_

#include <google/protobuf/message.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "shiming/identity/v1/identity_resources.pb.h"

namespace shiming::identity {

// Labels of identity_resources.proto.
inline constexpr std::string_view kEvidenceLabel = "shiming/evidence/v1";
inline constexpr std::string_view kFaceResultLabel = "shiming/face-result/v1";
inline constexpr std::string_view kAttestationLabel = "shiming/attestation/v1";

// Longest `signed` that is looked at.
inline constexpr size_t kMaxSignedBytes = 16 * 1024;

// label ‖ 0x00 ‖ deterministic serialisation of `message`. Thread-safe.
std::string SignedBytes(std::string_view label,
                        const google::protobuf::Message& message);

// Makes a signed object. INTERNAL when the key fails. Thread-safe.
absl::StatusOr<v1::SignedObject> SignObject(
    std::string_view label, const google::protobuf::Message& message,
    const crypto::SigningKey& key);

// What goes wrong with a signed object, in the words of its kind.
struct SignedObjectReasons {
  // The label is another, the object is too long, or the signature is not this
  // key's.
  Reason bad_signature;
  // Signed by the key, but no such message, or one with unknown fields.
  Reason malformed;
};

// Label, then signature, then parsing into `message`, which is cleared first.
// Unknown fields are refused: nothing may hide in bytes that go on the record.
// Thread-safe.
absl::Status OpenSigned(std::string_view label, std::string_view signed_bytes,
                        std::string_view signature,
                        const crypto::VerifyKey& key,
                        const SignedObjectReasons& reasons,
                        google::protobuf::Message* message);

// The same as a value.
template <typename M>
absl::StatusOr<M> OpenSigned(std::string_view label,
                             std::string_view signed_bytes,
                             std::string_view signature,
                             const crypto::VerifyKey& key,
                             const SignedObjectReasons& reasons) {
  M message;
  RETURN_IF_ERROR(
      OpenSigned(label, signed_bytes, signature, key, reasons, &message));
  return message;
}

// Parses without verifying anything: only to learn which key the object names,
// before OpenSigned with that key, or whether it has the form. False when the
// label or the message is malformed or there are unknown fields.
bool PeekSigned(std::string_view label, std::string_view signed_bytes,
                google::protobuf::Message* message);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_EVIDENCE_SIGNED_OBJECT_H_

#include "services/identity_verification/core/request_form.h"

#include <algorithm>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/ids/eid.h"
#include "common/ids/ids.h"
#include "common/ids/imei.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "identity/evidence/signed_object.h"

namespace shiming::identity_verification {
namespace {

using identity::v1::GetVerificationRequest;
using identity::v1::VerifyIdentityRequest;

constexpr size_t kMaxConsentTextId = 64;

absl::Status Required(std::string_view field) {
  return MakeError(Reason::FIELD_REQUIRED, "field is missing",
                   {.field = std::string(field)});
}

absl::Status CheckSession(std::string_view shift_token,
                          std::string_view session_id) {
  if (shift_token.empty()) return Required("shift_token");
  if (session_id.empty()) return Required("session_id");
  if (!IsId(session_id)) {
    return MakeError(Reason::INVALID_REQUEST, "no id", {.field = "session_id"});
  }
  return absl::OkStatus();
}

// Text ids stand beside the verification in clear.
bool IsTextId(std::string_view text) {
  return text.size() <= kMaxConsentTextId &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' ||
                  c == '/';
         });
}

}  // namespace

absl::Status CheckForm(const VerifyIdentityRequest& request) {
  RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  RETURN_IF_ERROR(CheckSession(request.shift_token(), request.session_id()));
  if (request.evidence().signed_().empty()) return Required("evidence.signed");
  if (request.evidence().signature().empty()) {
    return Required("evidence.signature");
  }
  if (!request.has_openings()) return Required("openings");
  RETURN_IF_ERROR(
      Under("openings.eid", Eid::Parse(request.openings().eid()).status()));
  RETURN_IF_ERROR(
      Under("openings.imei", Imei::Parse(request.openings().imei()).status()));
  if (request.order_kind() == identity::v1::ORDER_KIND_UNSPECIFIED) {
    return Required("order_kind");
  }
  if (!IsTextId(request.face_consent_text_id())) {
    return MakeError(Reason::INVALID_REQUEST, "no text id",
                     {.field = "face_consent_text_id"});
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const GetVerificationRequest& request) {
  RETURN_IF_ERROR(CheckSession(request.shift_token(), request.session_id()));
  if (request.verification_id().empty()) return Required("verification_id");
  return absl::OkStatus();
}

absl::Status CheckServed(const VerifyIdentityRequest& request) {
  if (request.order_kind() != identity::v1::ORDER_KIND_NEW_NUMBER) {
    return MakeError(Reason::ORDER_KIND_NOT_SERVED, "order kind not served",
                     {.field = "order_kind"});
  }
  if (request.face_consent_text_id().empty()) {
    return MakeError(Reason::FACE_CONSENT_REQUIRED, "no consent to the face",
                     {.field = "face_consent_text_id"});
  }
  return absl::OkStatus();
}

std::string ContentHash(const crypto::Secret& key,
                        const VerifyIdentityRequest& request) {
  VerifyIdentityRequest content = request;
  content.clear_request_id();
  content.clear_shift_token();
  return crypto::HmacSha256(key.Reveal(),
                            identity::SignedBytes("request-content", content));
}

std::string DerivedUuid(std::string_view purpose, std::string_view caller,
                        std::string_view request_id) {
  crypto::Sha256Hasher hasher;
  for (std::string_view part : {purpose, caller, request_id}) {
    hasher.Update(part).Update(std::string_view("\0", 1));
  }
  std::string bytes = hasher.Finish().substr(0, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x80);  // version 8
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);  // variant
  const std::string hex = crypto::ToHex(bytes);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) +
         "-" + hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace shiming::identity_verification

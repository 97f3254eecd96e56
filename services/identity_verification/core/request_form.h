// Form of requests: what is refused before anything is asked or spent.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_REQUEST_FORM_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_REQUEST_FORM_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/crypto/secret.h"
#include "shiming/identity/v1/identity_service.pb.h"

namespace shiming::identity_verification {

// INVALID_ARGUMENT naming the field: REQUEST_ID_REQUIRED, FIELD_REQUIRED,
// INVALID_REQUEST, and the reasons of Eid and Imei. Thread-safe.
absl::Status CheckForm(const identity::v1::VerifyIdentityRequest& request);
absl::Status CheckForm(const identity::v1::GetVerificationRequest& request);

// ORDER_KIND_NOT_SERVED or FACE_CONSENT_REQUIRED: a legal request that step 3
// does not begin with.
absl::Status CheckServed(const identity::v1::VerifyIdentityRequest& request);

// Keyed hash of what the request is about: all but request_id and shift token.
// 32 bytes. Keyed, because it covers a card block.
std::string ContentHash(const crypto::Secret& key,
                        const identity::v1::VerifyIdentityRequest& request);

// A UUID (version 8, RFC 9562) that is always the same for the same parts: the
// request id of a call that belongs to another request.
std::string DerivedUuid(std::string_view purpose, std::string_view caller,
                        std::string_view request_id);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_REQUEST_FORM_H_

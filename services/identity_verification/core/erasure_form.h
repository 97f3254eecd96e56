// Form of what officers and profile_order say about erasures, and how an
// erasure is shown.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_FORM_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_FORM_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/identity_verification/core/erasure_records.h"
#include "shiming/identity/v1/erasure_service.pb.h"

namespace shiming::identity_verification {

// Pages of ListErasures.
inline constexpr int kDefaultErasurePage = 50;
inline constexpr int kMaxErasurePage = 200;
// Events of orders that PERSON_ERASED is put behind.
inline constexpr int kMaxLastEvents = 16;

// INVALID_ARGUMENT naming the field: REQUEST_ID_REQUIRED, FIELD_REQUIRED,
// FIELD_TOO_LONG, INVALID_REQUEST. Thread-safe.
absl::Status CheckForm(const identity::v1::ProposeErasureRequest& request);
absl::Status CheckForm(const identity::v1::ApproveErasureRequest& request);
absl::Status CheckForm(const identity::v1::ListErasuresRequest& request);
absl::Status CheckForm(const identity::v1::ReportErasureTaskRequest& request);

// What officers agree on: SHA-256 of the labelled content, 32 bytes.
std::string DigestOf(const identity::v1::ErasureContent& content);

// 32 bytes of 64 hex digits. INVALID_REQUEST, field digest.
absl::StatusOr<std::string> ParseDigest(const std::string& hex);

// As officers see it.
identity::v1::Erasure ViewOf(const ErasureRecord& record);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_FORM_H_

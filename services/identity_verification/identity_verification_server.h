// Composition root of identity_verification.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_SERVER_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_SERVER_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/process/room.h"

namespace shiming::identity_verification {

// Loads and checks the configuration; the plan puts the room together. Errors
// name field or file.
absl::StatusOr<process::RoomPlan> IdentityVerificationRoom(
    const std::string& config_file);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_SERVER_H_

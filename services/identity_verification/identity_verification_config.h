// Reads and checks identity_verification's configuration.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_CONFIG_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/secret.h"
#include "identity/attestation/attestation.h"
#include "services/identity_verification/core/eraser.h"
#include "services/identity_verification/core/examiner.h"
#include "shiming/config/v1/identity_verification_config.pb.h"

namespace shiming::identity_verification {

// The file with all paths made whole and 0 replaced by the defaults. Errors of
// LoadConfig; INVALID_ARGUMENT naming a field that is missing or out of range.
absl::StatusOr<config::v1::IdentityVerificationConfig>
LoadIdentityVerificationConfig(const std::string& config_file);

// The rules of step 3, with the face engines' keys read. `config` is a loaded
// one. INVALID_ARGUMENT names field or file.
absl::StatusOr<Rules> RulesOf(
    const config::v1::IdentityVerificationConfig& config);

// The keys that the configuration names. INVALID_ARGUMENT or NOT_FOUND naming
// the file.
absl::StatusOr<crypto::Secret> IndexKeyOf(
    const config::v1::IdentityVerificationConfig& config);
absl::StatusOr<identity::AttestationSigner> SignerOf(
    const config::v1::IdentityVerificationConfig& config);

ErasureRules ErasureRulesOf(
    const config::v1::IdentityVerificationConfig& config);

absl::Duration AuthorityTimeoutOf(
    const config::v1::IdentityVerificationConfig& config);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_IDENTITY_VERIFICATION_CONFIG_H_

// Reads and checks terminal_session's configuration.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_CONFIG_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/secret.h"
#include "services/terminal_session/core/failure_window.h"
#include "shiming/config/v1/terminal_session_config.pb.h"

namespace shiming::terminal_session {

// The file with all paths made whole and 0 replaced by the defaults. Errors of
// LoadConfig; INVALID_ARGUMENT naming a field that is missing or out of range.
absl::StatusOr<config::v1::TerminalSessionConfig> LoadTerminalSessionConfig(
    const std::string& config_file);

// The keys that a loaded configuration names. INVALID_ARGUMENT or NOT_FOUND
// naming field or file.
absl::StatusOr<crypto::Secret> ShiftTokenKeyOf(
    const config::v1::TerminalSessionConfig& config);
absl::StatusOr<crypto::Secret> CredentialsKeyOf(
    const config::v1::TerminalSessionConfig& config);

// The key of ClerkGuards, made from the secret of ShiftTokenKeyOf.
crypto::Secret ClerkGuardKeyOf(const crypto::Secret& shift_token_key);

LockPolicy LockPolicyOf(const config::v1::TerminalSessionConfig& config);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_CONFIG_H_

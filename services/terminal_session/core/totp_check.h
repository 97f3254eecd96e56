// Which TOTP step a code belongs to.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_TOTP_CHECK_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_TOTP_CHECK_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "common/crypto/secret.h"

namespace shiming::terminal_session {

// The newest of the steps now - 1, now, now + 1 (RFC 6238 section 5.2: at most
// one step of delay) whose code is `code`; nullopt when none is. Takes the same
// time for each outcome.
std::optional<int64_t> MatchTotp(const crypto::Secret& seed,
                                 std::string_view code, absl::Time now);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_TOTP_CHECK_H_

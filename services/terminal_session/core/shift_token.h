// The token that goes with every terminal call.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_SHIFT_TOKEN_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_SHIFT_TOKEN_H_

#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/secret.h"

namespace shiming::terminal_session {

// Makes and checks shift tokens:
//   <shift_id> "." hex(HMAC-SHA-256(secret, shift_id ‖ terminal key SHA-256))
// Nothing of it is stored: a repeated SignIn gives the same token again, and a
// copied token is worth nothing with another terminal's key. Thread-safe.
class ShiftTokens {
 public:
  // `secret`: at least 32 random bytes that only terminal_session holds.
  explicit ShiftTokens(crypto::Secret secret);

  // `terminal_key_sha256`: SHA-256 of the DER of the terminal's TLS key.
  std::string Make(std::string_view shift_id,
                   std::string_view terminal_key_sha256) const;

  // The shift that `token` names, not checked; nullopt when it has not the
  // form of a token.
  static std::optional<std::string> ShiftIdOf(std::string_view token);

  // True when Make gave `token` for this terminal key. Compares in constant
  // time.
  bool IsFor(std::string_view token,
             std::string_view terminal_key_sha256) const;

 private:
  crypto::Secret secret_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_SHIFT_TOKEN_H_

#include "services/terminal_session/core/totp_check.h"

#include "common/crypto/digest.h"
#include "common/crypto/totp.h"

namespace shiming::terminal_session {

std::optional<int64_t> MatchTotp(const crypto::Secret& seed,
                                 std::string_view code, absl::Time now) {
  const int64_t present = crypto::TotpStep(now);
  std::optional<int64_t> match;
  for (int64_t step = present - 1; step <= present + 1; ++step) {
    if (crypto::ConstantTimeEquals(crypto::Totp(seed, step), code)) {
      match = step;
    }
  }
  return match;
}

}  // namespace shiming::terminal_session

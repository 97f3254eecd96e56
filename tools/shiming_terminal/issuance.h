// One customer's visit from the terminal's side: steps 0 to 8 in order, with
// what each step took. docs/issuance_cycle.md has the same numbers.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_ISSUANCE_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_ISSUANCE_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/shiming_terminal/clerk_terminal.h"

namespace shiming::shiming_terminal {

// The steps of DESIGN 3.
enum class Step {
  kShift = 0,
  kSession = 1,
  kEvidence = 2,
  kVerify = 3,
  kChoose = 4,
  kOrder = 5,
  kReveal = 6,
  kDownload = 7,
  kClose = 8,
};

// "shift", "session" ...: stable names for timings and metrics.
std::string_view NameOf(Step step);

// What a step came to, for whoever watches.
struct StepReport {
  Step step;
  absl::Duration took;
  // For people, in English; no personal data, no code.
  std::string text;
};

// A finished visit.
struct Issued {
  order::v1::ProfileOrder order;
  order::v1::GetReceiptResponse receipt;
  std::vector<StepReport> steps;
};

// Who signs in.
struct ClerkCredentials {
  std::string clerk_id;
  crypto::Secret password;
  // 20 bytes; the demo plays the clerk's authenticator.
  crypto::Secret totp_seed;
};

// Step 0. A TOTP step counts once per clerk: when the present one is spent,
// waits for the next and tries again, once.
boost::asio::awaitable<absl::StatusOr<terminal::v1::Shift>> SignInWithTotp(
    ClerkTerminal& terminal, const ClerkCredentials& credentials,
    const Clock& clock);

// Steps 1 to 8 in an open shift: the customer's display and phone do their
// part meanwhile, elsewhere. Ends when the profile is installed and the
// receipt is there, or with the first refusal; a verification that is REFUSED
// is an error with its reason. The session is closed on every way out.
boost::asio::awaitable<absl::StatusOr<Issued>> Issue(
    ClerkTerminal& terminal, const Capture& capture, std::string profile_type,
    absl::Time deadline, std::function<void(const StepReport&)> report);

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_ISSUANCE_H_

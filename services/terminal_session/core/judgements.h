// Who may act now: each decision as a function of what was read, so that the
// stores ask the same questions inside their transactions as the desks do
// before.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_JUDGEMENTS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_JUDGEMENTS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// The enrolled terminal may sign in from `address` at `now`.
// TERMINAL_NOT_ENROLLED, KEY_NOT_PINNED, SHOP_NOT_IN_FORCE,
// OUTSIDE_NETWORK_ZONE, OUTSIDE_OPENING_HOURS, in this order.
absl::Status JudgePlace(const std::optional<TerminalRecord>& terminal,
                        const std::optional<ShopRecord>& shop,
                        const DevicePeer& peer, std::string_view address,
                        absl::Time now);

// The shift is open at `now` and stands at this terminal; SHIFT_NOT_OPEN. The
// token has been checked before.
absl::Status JudgeShift(const std::optional<ShiftRecord>& shift,
                        const DeviceId& terminal, absl::Time now);

// The session exists at this terminal; SESSION_UNKNOWN.
absl::Status JudgeSessionOf(const std::optional<SessionRecord>& session,
                            const DeviceId& terminal);

// The session is open at `now`; SESSION_NOT_OPEN.
absl::Status JudgeSessionOpen(const SessionRecord& session, absl::Time now);

// The display is in force and calls with its pinned key; DISPLAY_NOT_ENROLLED,
// KEY_NOT_PINNED.
absl::Status JudgeDisplay(const std::optional<DisplayRecord>& display,
                          const DevicePeer& peer);

// The display faces this session's customer at `now`: SESSION_NOT_OPEN,
// DISPLAY_NOT_OF_SESSION. The shift must be the session's.
absl::Status JudgeDisplaySession(const std::optional<SessionRecord>& session,
                                 const std::optional<ShiftRecord>& shift,
                                 const DeviceId& display, absl::Time now);

// What spending a nonce for evidence with this digest comes to.
enum class NonceVerdict {
  kSpend,        // not spent yet: do it
  kSpentForThis  // spent for the same digest before: nothing to do
};
// NONCE_UNKNOWN, NONCE_USED, NONCE_EXPIRED.
absl::StatusOr<NonceVerdict> JudgeNonce(const std::optional<NonceRecord>& nonce,
                                        std::string_view evidence_sha256,
                                        absl::Time now);

// How the session of a shift ends when the shift ends like this.
SessionEnd SessionEndOf(SessionEnd shift_end);
// The state of a session that ended like this.
SessionState StateAfter(SessionEnd end);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_JUDGEMENTS_H_

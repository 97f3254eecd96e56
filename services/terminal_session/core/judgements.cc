#include "services/terminal_session/core/judgements.h"

#include <algorithm>

#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "services/terminal_session/core/network_zone.h"
#include "services/terminal_session/core/opening_hours.h"

namespace shiming::terminal_session {
namespace {

bool InZone(const terminal::v1::Shop& shop, std::string_view address) {
  return std::any_of(shop.network_zones().begin(), shop.network_zones().end(),
                     [&](const std::string& text) {
                       const auto zone = NetworkZone::Parse(text);
                       return zone.ok() && zone->Contains(address);
                     });
}

bool IsPinned(std::string_view pinned, std::string_view used) {
  return !pinned.empty() && crypto::ConstantTimeEquals(pinned, used);
}

}  // namespace

absl::Status JudgePlace(const std::optional<TerminalRecord>& terminal,
                        const std::optional<ShopRecord>& shop,
                        const DevicePeer& peer, std::string_view address,
                        absl::Time now) {
  if (!terminal.has_value() || !terminal->in_force) {
    return MakeError(Reason::TERMINAL_NOT_ENROLLED, "terminal not in force");
  }
  if (!IsPinned(terminal->tls_key_sha256, peer.key_sha256)) {
    return MakeError(Reason::KEY_NOT_PINNED, "not the terminal's TLS key");
  }
  if (!shop.has_value() || !shop->in_force) {
    return MakeError(Reason::SHOP_NOT_IN_FORCE, "shop not in force");
  }
  if (!InZone(shop->shop, address)) {
    return MakeError(Reason::OUTSIDE_NETWORK_ZONE,
                     "address is in none of the shop's networks");
  }
  if (!IsOpenAt(shop->shop, now)) {
    return MakeError(Reason::OUTSIDE_OPENING_HOURS, "the shop is closed");
  }
  return absl::OkStatus();
}

absl::Status JudgeShift(const std::optional<ShiftRecord>& shift,
                        const DeviceId& terminal, absl::Time now) {
  if (!shift.has_value() || !(shift->terminal == terminal) || !shift->open ||
      now >= shift->expire_time) {
    return MakeError(Reason::SHIFT_NOT_OPEN, "no open shift of this terminal");
  }
  return absl::OkStatus();
}

absl::Status JudgeSessionOf(const std::optional<SessionRecord>& session,
                            const DeviceId& terminal) {
  if (!session.has_value() || !(session->terminal == terminal)) {
    return MakeError(Reason::SESSION_UNKNOWN, "no session of this terminal",
                     {.field = "session_id"});
  }
  return absl::OkStatus();
}

absl::Status JudgeSessionOpen(const SessionRecord& session, absl::Time now) {
  if (session.state != SessionState::SESSION_STATE_OPEN ||
      now >= session.expire_time) {
    return MakeError(Reason::SESSION_NOT_OPEN, "the session is over");
  }
  return absl::OkStatus();
}

absl::Status JudgeDisplay(const std::optional<DisplayRecord>& display,
                          const DevicePeer& peer) {
  if (!display.has_value() || !display->in_force) {
    return MakeError(Reason::DISPLAY_NOT_ENROLLED, "display not in force");
  }
  if (!IsPinned(display->tls_key_sha256, peer.key_sha256)) {
    return MakeError(Reason::KEY_NOT_PINNED, "not the display's TLS key");
  }
  return absl::OkStatus();
}

absl::Status JudgeDisplaySession(const std::optional<SessionRecord>& session,
                                 const std::optional<ShiftRecord>& shift,
                                 const DeviceId& display, absl::Time now) {
  if (!session.has_value()) {
    return MakeError(Reason::SESSION_NOT_OPEN, "no session at this display");
  }
  if (!(session->display() == display)) {
    return MakeError(Reason::DISPLAY_NOT_OF_SESSION,
                     "the session has another display");
  }
  if (absl::Status status = JudgeSessionOpen(*session, now); !status.ok()) {
    return status;
  }
  if (!JudgeShift(shift, session->terminal, now).ok() ||
      shift->shift_id != session->shift_id) {
    return MakeError(Reason::SESSION_NOT_OPEN, "the session's shift is over");
  }
  return absl::OkStatus();
}

absl::StatusOr<NonceVerdict> JudgeNonce(const std::optional<NonceRecord>& nonce,
                                        std::string_view evidence_sha256,
                                        absl::Time now) {
  if (!nonce.has_value()) {
    return MakeError(Reason::NONCE_UNKNOWN, "no such nonce in this session",
                     {.field = "nonce"});
  }
  if (!nonce->evidence_sha256.empty()) {
    if (nonce->evidence_sha256 == evidence_sha256) {
      return NonceVerdict::kSpentForThis;
    }
    return MakeError(Reason::NONCE_USED, "spent for other evidence",
                     {.field = "nonce"});
  }
  if (nonce->replaced || now >= nonce->expire_time) {
    return MakeError(Reason::NONCE_EXPIRED, "expired or replaced",
                     {.field = "nonce"});
  }
  return NonceVerdict::kSpend;
}

SessionEnd SessionEndOf(SessionEnd shift_end) {
  switch (shift_end) {
    case SessionEnd::SESSION_END_REVOKED:
    case SessionEnd::SESSION_END_TOKEN_MISUSED:
    case SessionEnd::SESSION_END_REPAIRED:
      return shift_end;
    default:
      return SessionEnd::SESSION_END_SHIFT_ENDED;
  }
}

SessionState StateAfter(SessionEnd end) {
  switch (end) {
    case SessionEnd::SESSION_END_CLOSED:
      return SessionState::SESSION_STATE_CLOSED;
    case SessionEnd::SESSION_END_TIMED_OUT:
      return SessionState::SESSION_STATE_TIMED_OUT;
    default:
      return SessionState::SESSION_STATE_TERMINATED;
  }
}

}  // namespace shiming::terminal_session

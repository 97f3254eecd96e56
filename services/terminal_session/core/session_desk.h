// Steps 1 and 8, and the standing of every terminal and display: what
// TerminalSessionService and SessionAuthorityService decide.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_SESSION_DESK_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_SESSION_DESK_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "services/terminal_session/core/after_commit.h"
#include "services/terminal_session/core/records.h"
#include "services/terminal_session/core/session_store.h"
#include "services/terminal_session/core/shift_token.h"
#include "services/terminal_session/core/terminal_metrics.h"

namespace shiming::terminal_session {

// A terminal's call that carries a shift token.
struct TerminalCall {
  Mutation mutation;  // of reading calls only caller, trace_id and now
  DevicePeer terminal;
  std::string shift_token;
};

// What CheckSession answers.
struct Standing {
  ShiftRecord shift;
  // Absent when only a shift was asked for.
  std::optional<SessionRecord> session;
  std::string region;
  // Empty device_id when the terminal has none.
  DeviceId display;
};

struct PermitRequest {
  DevicePeer display;
  std::string session_id;
  std::string order_id;
  std::string request_id;
  EventId order_ready;
  std::string trace_id;
  absl::Time now;
};

// Thread-safe. Every method refuses a token that is not this terminal's:
// SHIFT_TOKEN_INVALID, or SHIFT_TOKEN_MISUSED when it is genuine but belongs to
// another key; then its shift is ended.
class SessionDesk {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  // All references must outlive the desk.
  struct Deps {
    SessionStore& store;
    const ShiftTokens& tokens;
    TerminalMetrics& metrics;
    crypto::Random& random;
    absl::Duration session_time;
    absl::Duration nonce_time;
    AfterCommit after_commit;
  };

  explicit SessionDesk(Deps deps) : deps_(std::move(deps)) {}

  // SHIFT_NOT_OPEN.
  boost::asio::awaitable<absl::Status> SignOut(TerminalCall call);

  // As SessionStore::Open.
  Result<SessionWithNonce> StartSession(TerminalCall call);

  // As SessionStore::Issue.
  Result<SessionWithNonce> IssueReadNonce(TerminalCall call,
                                          std::string session_id);

  // Also after its end. SHIFT_NOT_OPEN, SESSION_UNKNOWN.
  Result<SessionRecord> GetSession(TerminalCall call, std::string session_id);

  // The same without asking for an open shift: how it ended, for those who
  // watched it.
  Result<SessionRecord> ReadSession(DeviceId terminal, std::string session_id);

  // As SessionStore::Close.
  Result<SessionRecord> CloseSession(TerminalCall call, std::string session_id);

  // `session_id` may be empty: then only the shift is looked at.
  // SHIFT_NOT_OPEN, SESSION_UNKNOWN, SESSION_NOT_OPEN.
  Result<Standing> CheckTerminal(TerminalCall call, std::string session_id);

  // `session_id` may be empty: then the display's open session is meant.
  // DISPLAY_NOT_ENROLLED, KEY_NOT_PINNED, SESSION_NOT_OPEN,
  // DISPLAY_NOT_OF_SESSION.
  Result<Standing> CheckDisplay(DevicePeer display, std::string session_id,
                                absl::Time now);

  // As SessionStore::Consume.
  boost::asio::awaitable<absl::Status> ConsumeReadNonce(
      std::string session_id, std::string nonce, std::string evidence_sha256,
      absl::Time now);

  // As SessionStore::Permit.
  Result<PermitRecord> PermitReveal(PermitRequest request);

 private:
  // The shift of the token, when the token is this terminal's.
  Result<std::string> ShiftOf(const TerminalCall& call);
  boost::asio::awaitable<absl::Status> RefuseForeignToken(
      const TerminalCall& call, const std::string& shift_id);

  const Deps deps_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_SESSION_DESK_H_

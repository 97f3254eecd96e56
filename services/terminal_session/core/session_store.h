// What shifts, sessions, nonces and permits need of the database.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_SESSION_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_SESSION_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// What a call is judged by, read at one moment.
struct StandingFacts {
  std::optional<ShiftRecord> shift;
  std::optional<SessionRecord> session;
  // For a display: itself. For a terminal: the display paired with it.
  std::optional<DisplayRecord> display;
  std::string region;  // of the shop
};

// A terminal's call on its shift; the token was checked.
struct ShiftCall {
  Mutation mutation;
  DeviceId terminal;
  std::string shift_id;
};

struct OpenSession {
  ShiftCall call;
  std::string session_id;  // the new one
  std::string nonce;       // the first one, 32 bytes
  absl::Duration session_time;
  absl::Duration nonce_time;
};

struct IssueNonce {
  ShiftCall call;
  std::string session_id;
  std::string nonce;  // the new one, 32 bytes
  absl::Duration nonce_time;
};

struct SessionWithNonce {
  SessionRecord session;
  // Absent for a repeat when the session is over.
  std::optional<NonceRecord> nonce;
};

struct TakePermit {
  DevicePeer display;
  std::string session_id;
  std::string order_id;
  std::string request_id_sha256;
  EventId order_ready;
  std::string permit_id;  // the new one
  std::string trace_id;
  absl::Time now;
};

// Read nonces that one session may be given.
inline constexpr int kMaxNoncesPerSession = 256;

// Every method is one transaction; every change commits with its event.
// Methods with a Mutation give a repeat the present state of what it made.
// Thread-safe.
class SessionStore {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  virtual ~SessionStore() = default;

  // By id alone, of any shop.
  virtual Result<std::optional<ShiftRecord>> FindShift(
      const std::string& shift_id) = 0;

  // For a terminal; `session_id` may be empty.
  virtual Result<StandingFacts> LoadTerminal(const DeviceId& terminal,
                                             const std::string& shift_id,
                                             const std::string& session_id) = 0;

  // For a display; an empty `session_id` means its open session.
  virtual Result<StandingFacts> LoadDisplay(const DeviceId& display,
                                            const std::string& session_id) = 0;

  // SHIFT_NOT_OPEN, NO_DISPLAY_PAIRED, TERMINAL_BUSY.
  virtual Result<SessionWithNonce> Open(const OpenSession& command) = 0;

  // A repeat gets the nonce that is valid now, or the fresh one of `command`.
  // SHIFT_NOT_OPEN, SESSION_UNKNOWN, SESSION_NOT_OPEN, NONCE_LIMIT.
  virtual Result<SessionWithNonce> Issue(const IssueNonce& command) = 0;

  // NONCE_UNKNOWN, NONCE_USED, NONCE_EXPIRED, SESSION_NOT_OPEN.
  virtual boost::asio::awaitable<absl::Status> Consume(
      const std::string& session_id, const std::string& nonce,
      const std::string& evidence_sha256, absl::Time now) = 0;

  // SHIFT_NOT_OPEN, SESSION_UNKNOWN, SESSION_NOT_OPEN.
  virtual Result<SessionRecord> Close(const ShiftCall& call,
                                      const std::string& session_id) = 0;

  // SHIFT_NOT_OPEN.
  virtual boost::asio::awaitable<absl::Status> SignOut(
      const ShiftCall& call) = 0;

  // Ends the shift, and its session, unless it has ended. True when it did.
  virtual Result<bool> EndShift(const ShiftRecord& shift, SessionEnd end,
                                const std::string& trace_id,
                                absl::Time now) = 0;

  // DISPLAY_NOT_ENROLLED, KEY_NOT_PINNED, SESSION_NOT_OPEN,
  // DISPLAY_NOT_OF_SESSION, PERMIT_TAKEN. The same order, display and request
  // get the same permit, as long as all of them stand.
  virtual Result<PermitRecord> Permit(const TakePermit& command) = 0;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_SESSION_STORE_H_

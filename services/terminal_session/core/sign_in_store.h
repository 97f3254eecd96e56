// What signing in needs of the database.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_SIGN_IN_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_SIGN_IN_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/failure_window.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// All that a sign-in is judged by, at one moment.
struct SignInFacts {
  std::optional<TerminalRecord> terminal;
  std::optional<ShopRecord> shop;
  std::optional<ClerkRecord> clerk;
  FailureWindow failures;
  // The shift that this request_id has opened before.
  std::optional<ShiftRecord> earlier;
};

struct OpenShift {
  Mutation mutation;
  DevicePeer terminal;
  std::string clerk_id;
  // As it was verified: another one in the row by now is LOST_RACE.
  std::string password_hash;
  int64_t totp_step = 0;
  std::string guard;
  std::string shift_id;  // the new one
  absl::Duration shift_time;
};

struct FailedSignIn {
  std::string guard;
  DeviceId terminal;
  // Set when there is such a clerk: then a lock is an event.
  std::optional<std::string> clerk_id;
  std::string trace_id;
  absl::Time now;
  LockPolicy policy;
};

// Thread-safe. A guard is a keyed hash of the clerk id that was typed, so that
// ids that do not exist are counted and locked like those that do.
class SignInStore {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  virtual ~SignInStore() = default;

  // REQUEST_ID_REUSED when the request_id stands for other content.
  virtual Result<SignInFacts> Load(const Mutation& mutation,
                                   const DeviceId& terminal,
                                   const std::string& clerk_id,
                                   const std::string& guard) = 0;

  // One transaction: uses the TOTP step, forgets the failures, ends the
  // terminal's older shift and opens the new one. Looks at everything again:
  // TERMINAL_NOT_ENROLLED, KEY_NOT_PINNED, SHOP_NOT_IN_FORCE, CLERK_LOCKED,
  // CLERK_REVOKED, TOTP_USED. A repeat gives the shift that it opened before.
  virtual Result<ShiftRecord> Open(const OpenShift& command) = 0;

  // Counts a failure. True when it locked the id.
  virtual Result<bool> RecordFailure(const FailedSignIn& failure) = 0;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_SIGN_IN_STORE_H_

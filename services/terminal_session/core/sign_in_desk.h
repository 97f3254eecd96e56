// Step 0: a clerk signs in at a terminal.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_SIGN_IN_DESK_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_SIGN_IN_DESK_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "services/terminal_session/core/after_commit.h"
#include "services/terminal_session/core/clerk_guard.h"
#include "services/terminal_session/core/credential_box.h"
#include "services/terminal_session/core/failure_window.h"
#include "services/terminal_session/core/password_pool.h"
#include "services/terminal_session/core/records.h"
#include "services/terminal_session/core/shift_token.h"
#include "services/terminal_session/core/sign_in_store.h"
#include "services/terminal_session/core/terminal_metrics.h"

namespace shiming::terminal_session {

struct SignInAttempt {
  Mutation mutation;
  DevicePeer terminal;
  // Of the peer, without port.
  std::string address;
  std::string clerk_id;
  crypto::Secret password;
  std::string totp;
};

struct SignedIn {
  ShiftRecord shift;
  std::string shift_token;
};

// Thread-safe.
class SignInDesk {
 public:
  // Credentials of nobody, checked where a clerk id does not exist, so that
  // the answer takes the same time.
  struct DummyCredentials {
    std::string password_hash;
    std::string sealed_totp_seed;  // of clerk ""
  };

  // All references must outlive the desk.
  struct Deps {
    SignInStore& store;
    PasswordPool& passwords;
    const ShiftTokens& tokens;
    const CredentialBox& credentials;
    const ClerkGuards& guards;
    TerminalMetrics& metrics;
    crypto::Random& random;
    DummyCredentials dummy;
    absl::Duration shift_time;
    LockPolicy lock_policy;
    AfterCommit after_commit;
  };

  explicit SignInDesk(Deps deps) : deps_(std::move(deps)) {}

  // The new shift and its token. In this order: TERMINAL_NOT_ENROLLED,
  // KEY_NOT_PINNED, SHOP_NOT_IN_FORCE, OUTSIDE_NETWORK_ZONE,
  // OUTSIDE_OPENING_HOURS, CLERK_LOCKED, OVERLOADED, SIGN_IN_REFUSED (unknown
  // clerk, wrong password and wrong code alike), CLERK_REVOKED,
  // CLERK_OF_OTHER_SHOP, TOTP_USED. A repeat of a successful request, whose
  // password is checked again, gives the same; SHIFT_NOT_OPEN if it has ended.
  boost::asio::awaitable<absl::StatusOr<SignedIn>> SignIn(
      SignInAttempt attempt);

 private:
  boost::asio::awaitable<absl::StatusOr<SignedIn>> TrySignIn(
      const SignInAttempt& attempt);
  // The step that the code is for, nullopt when the credentials are wrong.
  boost::asio::awaitable<absl::StatusOr<std::optional<int64_t>>>
  CheckCredentials(const SignInAttempt& attempt, const SignInFacts& facts);
  boost::asio::awaitable<absl::Status> Refuse(const SignInAttempt& attempt,
                                              const SignInFacts& facts,
                                              std::string guard);

  const Deps deps_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_SIGN_IN_DESK_H_

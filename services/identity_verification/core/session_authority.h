// What step 3 asks of terminal_session.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_SESSION_AUTHORITY_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_SESSION_AUTHORITY_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/identity_verification/core/caller.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::identity_verification {

// A terminal's standing at one moment; never kept for a later call.
struct Standing {
  std::string shop;
  std::string terminal;  // "<shop>/<terminal>"
  std::string display;   // "<shop>/<display>"
  std::string clerk;
  std::string shift;
  std::string session_id;
  // DER of the pinned evidence key.
  std::string evidence_public_key;
  ledger::v1::EventId session_opened;
};

// SessionAuthorityService. Errors come with terminal_session's own reasons;
// DEPENDENCY_UNAVAILABLE when it is away. Thread-safe.
class SessionAuthority {
 public:
  virtual ~SessionAuthority() = default;

  virtual boost::asio::awaitable<absl::StatusOr<Standing>> CheckSession(
      const Caller& caller, const std::string& shift_token,
      const std::string& session_id) = 0;

  // Spends the nonce for evidence with this SHA-256; OK again for the same.
  virtual boost::asio::awaitable<absl::Status> ConsumeReadNonce(
      const Caller& caller, const std::string& session_id,
      const std::string& nonce, const std::string& evidence_sha256) = 0;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_SESSION_AUTHORITY_H_

// What step 3 asks of the mobile operator's side.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_IDENTITY_AUTHORITY_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_IDENTITY_AUTHORITY_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "identity/document/card_block.h"
#include "identity/document/id_number.h"
#include "services/identity_verification/core/caller.h"

namespace shiming::identity_verification {

enum class AuthorityAnswer { kMatch, kNoMatch, kUnknown };

struct AuthorityCheck {
  AuthorityAnswer answer;
  // Names the check in the authority's own records; may be empty.
  std::string transaction_id;
};

// IdentityAuthorityService. Any error status means "could not be asked".
// `request_id` is a UUID, the same whenever the same question is repeated.
// Thread-safe.
class IdentityAuthority {
 public:
  virtual ~IdentityAuthority() = default;

  virtual boost::asio::awaitable<absl::StatusOr<AuthorityCheck>> CheckIdentity(
      const Caller& caller, const std::string& request_id,
      const identity::CardBlock& card) = 0;

  // Active numbers of this person that Shiming does not manage, 0 or more.
  virtual boost::asio::awaitable<absl::StatusOr<int>> CountNumbers(
      const Caller& caller, const std::string& request_id,
      const identity::IdNumber& number) = 0;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_IDENTITY_AUTHORITY_H_

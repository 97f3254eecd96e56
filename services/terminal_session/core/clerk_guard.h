// Under which name failed sign-ins of a clerk id are counted.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_CLERK_GUARD_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_CLERK_GUARD_H_

#include <string>
#include <string_view>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/secret.h"

namespace shiming::terminal_session {

// A keyed hash, since what is typed as a clerk id may be anything, even a
// password, and is kept also where no such clerk exists. Thread-safe.
class ClerkGuards {
 public:
  explicit ClerkGuards(crypto::Secret key) : key_(std::move(key)) {}

  // 32 bytes.
  std::string Of(std::string_view clerk_id) const {
    return crypto::HmacSha256(key_.Reveal(), clerk_id);
  }

 private:
  crypto::Secret key_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_CLERK_GUARD_H_

// Encryption of TOTP seeds at rest.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_CREDENTIAL_BOX_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_CREDENTIAL_BOX_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"

namespace shiming::terminal_session {

// Seals seeds under one key; each is bound to its clerk, so that a row copied
// to another clerk opens nothing. The first byte of what it makes names the
// suite. Thread-safe; movable before use.
class CredentialBox {
 public:
  // `key`: 32 bytes. `random` must outlive this.
  CredentialBox(crypto::Secret key, crypto::Random& random);

  absl::StatusOr<std::string> Seal(std::string_view clerk_id,
                                   std::string_view totp_seed) const;

  // DATA_LOSS-like INTERNAL_ERROR when the bytes were not sealed for this
  // clerk under this key.
  absl::StatusOr<crypto::Secret> Open(std::string_view clerk_id,
                                      std::string_view sealed) const;

 private:
  crypto::Secret key_;
  crypto::Random& random_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_CREDENTIAL_BOX_H_

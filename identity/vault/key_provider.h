// Where key-encryption keys live: a file keyring now, hardware (PKCS#11)
// later.
#ifndef SHIMING_IDENTITY_VAULT_KEY_PROVIDER_H_
#define SHIMING_IDENTITY_VAULT_KEY_PROVIDER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/cipher.h"
#include "common/crypto/secret.h"

namespace shiming::identity {

// Wraps data keys under a key that never leaves it. Implementations are
// thread-safe.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;

  // Wraps `data_key` under the present key. `owner` names whose key it is, such
  // as "person/<id>", and is needed for unwrapping, so that wrapped keys cannot
  // trade places.
  virtual absl::StatusOr<std::string> Wrap(const crypto::Secret& data_key,
                                           std::string_view owner) const = 0;

  // The reverse, also under older keys. DATA_LOSS when a byte or the owner is
  // not the same; FAILED_PRECONDITION when the key is not there any more.
  virtual absl::StatusOr<crypto::Secret> Unwrap(
      std::string_view wrapped, std::string_view owner) const = 0;

  // The suite in which new values are to be sealed.
  virtual crypto::Suite suite() const = 0;
};

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_VAULT_KEY_PROVIDER_H_

// What an order keeps encrypted at rest: its matching ID and the openings of
// its commitments, under a data key of its own.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_VAULT_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_VAULT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "common/ids/activation_code.h"
#include "identity/vault/key_provider.h"
#include "services/profile_order/core/order.h"

namespace shiming::profile_order {

// Label of the code's commitment (ledger proto, CommitmentField).
inline constexpr std::string_view kActivationCodeLabel =
    "shiming/activation-code/v1";
inline constexpr std::string_view kConsentLabel = "shiming/consent/v1";

// The values of Order::sealed.
struct OrderSecrets {
  crypto::Secret matching_id;
  std::string code_salt;     // 32 bytes, of the code's commitment
  std::string device;        // EID || IMEI, 47 digits
  std::string device_salt;   // 32 bytes
  std::string consent;       // the serialised Consent
  std::string consent_salt;  // 32 bytes
};

// Thread-safe.
class OrderVault {
 public:
  // `keys` and `random` must outlive it.
  OrderVault(const identity::KeyProvider& keys, crypto::Random& random)
      : keys_(keys), random_(random) {}

  // Sets order.sealed under order.wrapped_key, which is made when it is empty.
  // order.order_id must be set: it is bound to both.
  absl::Status Seal(const OrderSecrets& secrets, Order& order) const;

  // DATA_LOSS (ORDER_SECRETS_UNREADABLE) when they were changed or the key is
  // not there; FAILED_PRECONDITION (OPENING_ERASED) when it was destroyed.
  absl::StatusOr<OrderSecrets> Open(const Order& order) const;

  // The code, rebuilt: "1$<smdp_address>$<matching_id>".
  absl::StatusOr<ActivationCode> CodeOf(const Order& order) const;

  // SHA-256(label || 0 || salt || code).
  absl::StatusOr<std::string> CodeCommitmentOf(const Order& order) const;

  // A matching ID: 128 random bits as 26 characters of a 32-symbol set, in
  // groups of five joined by '-' (sgp22 reference, section 2).
  crypto::Secret NewMatchingId() const;
  // 32 random bytes.
  std::string NewSalt() const;

 private:
  const identity::KeyProvider& keys_;
  crypto::Random& random_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_VAULT_H_

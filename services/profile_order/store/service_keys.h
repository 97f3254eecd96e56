// Keys that the service makes for itself and keeps wrapped.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_SERVICE_KEYS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_SERVICE_KEYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "identity/vault/key_provider.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// The key `name`, 32 bytes; made at the first call. Blocks: for the start.
absl::StatusOr<crypto::Secret> EnsureServiceKey(
    sql::Database& database, const identity::KeyProvider& keys,
    crypto::Random& random, const std::string& name);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_SERVICE_KEYS_H_

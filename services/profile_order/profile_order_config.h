// The configuration file, checked.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_CONFIG_H_
#define SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_CONFIG_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/orders.h"
#include "shiming/config/v1/profile_order_config.pb.h"

namespace shiming::profile_order {

// Reads the file and makes its paths whole. INVALID_ARGUMENT naming line or
// field.
absl::StatusOr<config::v1::ProfileOrderConfig> LoadProfileOrderConfig(
    const std::string& config_file);

// What the schema cannot refuse. INVALID_ARGUMENT naming the field.
absl::Status CheckProfileOrderConfig(
    const config::v1::ProfileOrderConfig& config);

// Limits and times with their defaults.
OrderTimes TimesOf(const config::v1::ProfileOrderConfig& config);
OrderLimits LimitsOf(const config::v1::ProfileOrderConfig& config);

// Public keys of attestations by key id.
absl::StatusOr<std::map<std::string, crypto::VerifyKey, std::less<>>>
AttestationKeysOf(const config::v1::ProfileOrderConfig& config);

// The 32 bytes of a file of 64 hex digits.
absl::StatusOr<crypto::Secret> ReadHexKey(const std::string& path);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_CONFIG_H_

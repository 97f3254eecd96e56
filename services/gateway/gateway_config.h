// The gateway's configuration, validated.
#ifndef SHIMING_SERVICES_GATEWAY_GATEWAY_CONFIG_H_
#define SHIMING_SERVICES_GATEWAY_GATEWAY_CONFIG_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/config/v1/gateway_config.pb.h"

namespace shiming::gateway {

// An SM-DP+ that may send notices.
struct PinnedSmdp {
  std::string smdp;       // its id in profile_order's configuration
  std::string requester;  // functionRequesterIdentifier of its notices
};

// By SHA-256 of the key of its client certificate, 32 raw bytes.
using PinnedSmdps = std::map<std::string, PinnedSmdp>;

// The file at `path`, its relative paths resolved against its folder. Errors
// as LoadConfig and process::PrepareProcess.
absl::StatusOr<config::v1::GatewayConfig> LoadGatewayConfig(
    const std::string& path);

// INVALID_ARGUMENT naming the first field that is missing or malformed. Process
// settings are not looked at: whoever makes the process does.
absl::Status CheckGatewayConfig(const config::v1::GatewayConfig& config);

// The peers of a listener. INVALID_ARGUMENT naming the field: none, a missing
// value, a malformed hash, one key twice.
absl::StatusOr<PinnedSmdps> PinnedSmdpsOf(
    const config::v1::NoticeListener& listener);

}  // namespace shiming::gateway

#endif  // SHIMING_SERVICES_GATEWAY_GATEWAY_CONFIG_H_

#include "common/process/target_check.h"

#include <string>

#include "common/config/config.h"
#include "common/rpc/dial_address.h"

namespace shiming::process {

absl::Status CheckTargetAddress(std::string_view field,
                                const config::v1::Target& target) {
  if (target.address().empty()) return absl::OkStatus();
  const absl::Status parsed = rpc::ParseDialAddress(target.address()).status();
  if (parsed.ok()) return absl::OkStatus();
  return ConfigError(
      std::string(field) + ".address",
      std::string(parsed.message().data(), parsed.message().size()));
}

}  // namespace shiming::process

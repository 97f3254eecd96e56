// Whether a configured target can be dialled, before anything is opened.
#ifndef SHIMING_COMMON_PROCESS_TARGET_CHECK_H_
#define SHIMING_COMMON_PROCESS_TARGET_CHECK_H_

#include <string_view>

#include "absl/status/status.h"
#include "shiming/config/v1/common_config.pb.h"

namespace shiming::process {

// INVALID_ARGUMENT naming `field` and what is wrong with its address; OK for a
// target without one, which other checks are about.
absl::Status CheckTargetAddress(std::string_view field,
                                const config::v1::Target& target);

}  // namespace shiming::process

#endif  // SHIMING_COMMON_PROCESS_TARGET_CHECK_H_

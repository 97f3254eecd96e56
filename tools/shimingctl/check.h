// `shimingctl check`: what the services would say of an identifier.
#ifndef SHIMING_TOOLS_SHIMINGCTL_CHECK_H_
#define SHIMING_TOOLS_SHIMINGCTL_CHECK_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/date.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// "OK", or the stable reason with which the services refuse `value`.
// `identifier` is eid, iccid, imei, msisdn, activation-code, id-number or
// card-block (in hex); `kind` counts for id-number only. INVALID_ARGUMENT
// without a reason for an unknown identifier or kind.
absl::StatusOr<std::string> CheckIdentifier(std::string_view identifier,
                                            std::string_view value,
                                            std::string_view kind, Date as_of);

// Prints it; the process's exit code: 0 for OK, 1 for a reason. An error is a
// wrong command line.
absl::StatusOr<int> RunCheck(Arguments& arguments);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_CHECK_H_

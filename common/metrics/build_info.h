// Which build this is: for --version, /version and shiming_build_info.
#ifndef SHIMING_COMMON_METRICS_BUILD_INFO_H_
#define SHIMING_COMMON_METRICS_BUILD_INFO_H_

#include <string>
#include <string_view>

namespace shiming {

// Release number, "0.1.0".
std::string_view BuildVersion();

// The first 12 hexadecimal digits of the executable's GNU build id, which the
// linker computes from its content: names exactly this binary. "unknown" if the
// linker left it out. Thread-safe.
std::string BuildRevision();

}  // namespace shiming

#endif  // SHIMING_COMMON_METRICS_BUILD_INFO_H_

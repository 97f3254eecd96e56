// --help of the simulators.
#ifndef SHIMING_SERVICES_SIMULATORS_FLAGS_HELP_H_
#define SHIMING_SERVICES_SIMULATORS_FLAGS_HELP_H_

#include <string>
#include <string_view>

namespace shiming::simulators {

// True if an argument is --help, -help or -h (absl's own --help ends with exit
// code 1).
bool AsksForHelp(int argc, char** argv);

// `usage` and all flags that are defined in a source file whose path contains
// `folder`, with meaning and default.
std::string HelpText(std::string_view usage, std::string_view folder);

}  // namespace shiming::simulators

#endif  // SHIMING_SERVICES_SIMULATORS_FLAGS_HELP_H_

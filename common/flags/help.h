// --help of our programs: absl's own ends with exit code 1 and does not show
// flags that are defined outside of main.cc.
#ifndef SHIMING_COMMON_FLAGS_HELP_H_
#define SHIMING_COMMON_FLAGS_HELP_H_

#include <string>
#include <string_view>

namespace shiming {

// True if an argument before "--" is --help, -help or -h. Asked before the
// flags are parsed.
bool AsksForHelp(int argc, char** argv);

// `usage` and, in the order of their names, all flags that are defined in a
// source file whose path contains `folder`, with meaning and default.
std::string HelpText(std::string_view usage, std::string_view folder);

}  // namespace shiming

#endif  // SHIMING_COMMON_FLAGS_HELP_H_

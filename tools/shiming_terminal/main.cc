// shiming_terminal: the clerk's terminal and the customer display on the
// command line. `shiming_terminal help` prints the commands.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "common/flags/help.h"
#include "tools/shiming_terminal/commands.h"

int main(int argc, char** argv) {
  if (shiming::AsksForHelp(argc, argv)) {
    fputs(shiming::HelpText(shiming::shiming_terminal::kUsage,
                            "tools/shiming_terminal")
              .c_str(),
          stdout);
    return 0;
  }
  absl::SetProgramUsageMessage(shiming::shiming_terminal::kUsage);
  std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() != 2) {
    fputs(shiming::shiming_terminal::kUsage, stderr);
    return 2;
  }
  return shiming::shiming_terminal::RunCommand(rest[1]);
}

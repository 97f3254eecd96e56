// A command as a user types it: run to its end, with what it printed.
#ifndef SHIMING_TESTS_E2E_COMMAND_H_
#define SHIMING_TESTS_E2E_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

namespace shiming::e2e {

// What a command left.
struct CommandResult {
  // 128 + signal when it was killed; -1 when it could not be started or did not
  // end in time (`err` says so).
  int exit_code = -1;
  std::string out;
  std::string err;
};

// For failed expectations.
std::ostream& operator<<(std::ostream& stream, const CommandResult& result);

// Runs `arguments[0]`, a path, with the rest; at most a minute. Output goes
// through files below TEST_TMPDIR. Thread-safe.
CommandResult RunCommand(const std::vector<std::string>& arguments);

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_COMMAND_H_

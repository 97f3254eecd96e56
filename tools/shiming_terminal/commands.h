// The commands of shiming_terminal; their options are flags.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_COMMANDS_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_COMMANDS_H_

#include <string>

namespace shiming::shiming_terminal {

inline constexpr char kUsage[] = R"(shiming_terminal COMMAND [--flags]

  keys        makes a device's keys: --kind=terminal|display --out=DIR
  customer    makes a synthetic customer and phone: --counter=N --out=DIR
  stock       makes an operator's synthetic stock as CSV files: --count=N
              [--first=N] [--region=11] --out=DIR
  issue       clerk: one whole visit, steps 0 to 8: --config --clerk
              --password_file --totp_seed_file --card_block --eid --imei
              --profile_type [--receipt=FILE] [--json=FILE]
  display     customer: waits for one order and shows its code: --config
              [--wait=DURATION] [--demo_out=DIR]

The face engine is a demo: it plays a live, matching customer. --demo_out
writes the code as PNG, SVG and text; without it the code is shown in the
terminal window only. --insecure_clock=FILE adds FILE's seconds to the time.
)";

// Runs one command with the parsed flags; the process's exit code.
int RunCommand(const std::string& command);

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_COMMANDS_H_

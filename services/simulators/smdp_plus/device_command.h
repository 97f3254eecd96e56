// A device that downloads its profile, as a command.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_DEVICE_COMMAND_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_DEVICE_COMMAND_H_

#include <string>

namespace shiming::smdp_plus {

// Members as in POST /device/download (README.md); empty ones are not sent.
struct DeviceCommand {
  std::string url;  // of the simulator's device listener
  std::string eid;
  std::string activation_code;
  std::string confirmation_code;
  std::string outcome;
};

// Asks the simulator and prints its answer, one JSON object, to standard
// output. Returns the exit code: 0 installed, 1 not installed, 2 could not ask.
int RunDeviceCommand(const DeviceCommand& command);

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_DEVICE_COMMAND_H_

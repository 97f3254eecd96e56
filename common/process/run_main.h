// What every server's main does, from signals to exit code.
#ifndef SHIMING_COMMON_PROCESS_RUN_MAIN_H_
#define SHIMING_COMMON_PROCESS_RUN_MAIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/room.h"

namespace shiming::process {

// What a process is to host, from its configuration file.
struct ProcessPlan {
  // Log, admin port, threads and port file of the process; of its one room
  // where it hosts one.
  config::v1::Process process;
  // See Host::Options.
  std::vector<RoomPlan> rooms;
};

// Runs a process named `name`: blocks signals, parses the flags --config,
// --check_config, --version, --insecure_clock and whatever else is defined,
// starts log, metrics, threads and admin port, hosts the rooms, waits for
// SIGTERM or SIGINT, drains. The admin port answers from the beginning: /readyz
// says what is still missing. Returns main's exit code: 0 after a drain, 1 with
// the reason on stderr when configuration or a room failed.
int RunMain(
    int argc, char** argv, const std::string& name,
    std::function<absl::StatusOr<ProcessPlan>(const std::string&)> load);

// The same for one room.
int RunRoom(int argc, char** argv, const std::string& name, RoomLoader load);

// Makes the paths of `process` whole and checks what every process needs;
// INVALID_ARGUMENT names the field.
absl::Status PrepareProcess(const std::string& config_file,
                            config::v1::Process& process);

}  // namespace shiming::process

#endif  // SHIMING_COMMON_PROCESS_RUN_MAIN_H_

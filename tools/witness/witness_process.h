// A witness as a process: log, metrics, admin port, signals.
#ifndef SHIMING_TOOLS_WITNESS_WITNESS_PROCESS_H_
#define SHIMING_TOOLS_WITNESS_WITNESS_PROCESS_H_

#include "absl/status/status.h"
#include "tools/witness/witness_settings.h"

namespace shiming::witness {

// Serves until SIGTERM or SIGINT, then drains. Call it before the process has
// any other thread. Errors of WitnessServer::Start; INVALID_ARGUMENT when the
// admin address is not on loopback.
absl::Status RunWitnessProcess(WitnessSettings settings);

}  // namespace shiming::witness

#endif  // SHIMING_TOOLS_WITNESS_WITNESS_PROCESS_H_

// All services in one process.
#ifndef SHIMING_SERVICES_ALL_IN_ONE_ALL_IN_ONE_H_
#define SHIMING_SERVICES_ALL_IN_ONE_ALL_IN_ONE_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/process/run_main.h"

namespace shiming::all_in_one {

// The rooms of all services, in the order in which they call each other, from
// a ShimingdConfig and the configuration files that it names.
absl::StatusOr<process::ProcessPlan> AllRooms(const std::string& config_file);

}  // namespace shiming::all_in_one

#endif  // SHIMING_SERVICES_ALL_IN_ONE_ALL_IN_ONE_H_

// The null pipeline's rooms: the processes, ports, identities, connections and
// calls of the product's rooms, from the same configuration files, with nothing
// behind them (docs/performance.md).
#ifndef SHIMING_TESTS_BENCH_NULL_ROOMS_H_
#define SHIMING_TESTS_BENCH_NULL_ROOMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/process/room.h"
#include "common/process/run_main.h"

namespace shiming::bench {

// Each from its service's own configuration file; INVALID_ARGUMENT names what
// is missing there.
absl::StatusOr<process::RoomPlan> NullIssuanceLedgerRoom(
    const std::string& config_file);
absl::StatusOr<process::RoomPlan> NullTerminalSessionRoom(
    const std::string& config_file);
absl::StatusOr<process::RoomPlan> NullIdentityVerificationRoom(
    const std::string& config_file);
absl::StatusOr<process::RoomPlan> NullProfileOrderRoom(
    const std::string& config_file);
absl::StatusOr<process::RoomPlan> NullGatewayRoom(
    const std::string& config_file);

// All of them in one process, from shimingd's configuration file.
absl::StatusOr<process::ProcessPlan> AllNullRooms(
    const std::string& config_file);

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_ROOMS_H_

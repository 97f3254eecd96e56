// null_services: one room of the null pipeline, or all of them in place of
// shimingd.
//
//   null_services --room=profile_order
//   --config=DIR/config/profile_order.textproto null_services --room=all
//   --config=DIR/config/shimingd.textproto
#include <map>
#include <string>

#include "absl/flags/flag.h"
#include "tests/bench/null/rooms.h"

ABSL_FLAG(std::string, room, "all",
          "issuance_ledger, terminal_session, identity_verification, "
          "profile_order, gateway or all");

namespace shiming::bench {
namespace {

absl::StatusOr<process::ProcessPlan> Load(const std::string& config_file) {
  const std::string room = absl::GetFlag(FLAGS_room);
  if (room == "all") return AllNullRooms(config_file);
  static const std::map<std::string, process::RoomLoader> kLoaders = {
      {"issuance_ledger", &NullIssuanceLedgerRoom},
      {"terminal_session", &NullTerminalSessionRoom},
      {"identity_verification", &NullIdentityVerificationRoom},
      {"profile_order", &NullProfileOrderRoom},
      {"gateway", &NullGatewayRoom},
  };
  const auto loader = kLoaders.find(room);
  if (loader == kLoaders.end()) {
    return absl::InvalidArgumentError("--room is unknown: " + room);
  }
  absl::StatusOr<process::RoomPlan> plan = loader->second(config_file);
  if (!plan.ok()) return plan.status();
  process::ProcessPlan process;
  process.process = plan->process;
  process.rooms.push_back(*std::move(plan));
  return process;
}

}  // namespace
}  // namespace shiming::bench

int main(int argc, char** argv) {
  return shiming::process::RunMain(argc, argv, "null_services",
                                   &shiming::bench::Load);
}

#include "services/all_in_one/all_in_one.h"

#include <utility>

#include "common/config/config.h"
#include "common/status/status_macros.h"
#include "services/gateway/gateway_server.h"
#include "services/identity_verification/identity_verification_server.h"
#include "services/issuance_ledger/issuance_ledger_server.h"
#include "services/profile_order/profile_order_server.h"
#include "services/terminal_session/terminal_session_server.h"
#include "shiming/config/v1/shimingd_config.pb.h"

namespace shiming::all_in_one {

absl::StatusOr<process::ProcessPlan> AllRooms(const std::string& config_file) {
  ASSIGN_OR_RETURN(config::v1::ShimingdConfig config,
                   LoadConfig<config::v1::ShimingdConfig>(config_file));
  process::ProcessPlan plan;
  plan.process = config.process();
  RETURN_IF_ERROR(process::PrepareProcess(config_file, plan.process));

  const struct {
    const char* field;
    const std::string& file;
    absl::StatusOr<process::RoomPlan> (*load)(const std::string&);
  } rooms[] = {
      {"issuance_ledger", config.issuance_ledger(),
       &issuance_ledger::IssuanceLedgerRoom},
      {"terminal_session", config.terminal_session(),
       &terminal_session::TerminalSessionRoom},
      {"identity_verification", config.identity_verification(),
       &identity_verification::IdentityVerificationRoom},
      {"profile_order", config.profile_order(),
       &profile_order::ProfileOrderRoom},
      {"gateway", config.gateway(), &gateway::GatewayRoom},
  };
  for (const auto& room : rooms) {
    if (room.file.empty()) return ConfigError(room.field, "is missing");
    ASSIGN_OR_RETURN(process::RoomPlan room_plan,
                     room.load(ResolvePath(config_file, room.file)));
    plan.rooms.push_back(std::move(room_plan));
  }
  return plan;
}

}  // namespace shiming::all_in_one

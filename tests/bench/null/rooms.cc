#include "tests/bench/null/rooms.h"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "common/config/config.h"
#include "common/status/status_macros.h"
#include "shiming/config/v1/gateway_config.pb.h"
#include "shiming/config/v1/identity_verification_config.pb.h"
#include "shiming/config/v1/issuance_ledger_config.pb.h"
#include "shiming/config/v1/profile_order_config.pb.h"
#include "shiming/config/v1/shimingd_config.pb.h"
#include "shiming/config/v1/terminal_session_config.pb.h"
#include "tests/bench/null/gateway.h"
#include "tests/bench/null/identity_verification.h"
#include "tests/bench/null/issuance_ledger.h"
#include "tests/bench/null/profile_order.h"
#include "tests/bench/null/relay.h"
#include "tests/bench/null/terminal_session.h"

namespace shiming::bench {
namespace {

using process::RoomDeps;
using process::RoomPlan;
template <class T>
using MadeRoom = absl::StatusOr<std::unique_ptr<T>>;

// A room without anything to start or stop.
class NullRoom : public process::Room {
 public:
  absl::Status Start(std::stop_token) override { return absl::OkStatus(); }
  absl::Status Ready() override { return absl::OkStatus(); }
  void Stop() override {}
};

class LedgerRoom final : public NullRoom {
 public:
  explicit LedgerRoom(const RoomDeps& deps) : writer_(deps.dispatcher) {}
  std::vector<grpc::Service*> services() override { return {&writer_}; }

 private:
  NullLedgerWriter writer_;
};

class TerminalRoom final : public NullRoom {
 public:
  TerminalRoom(const RoomDeps& deps, std::shared_ptr<NullRelay> relay)
      : relay_(std::move(relay)),
        sessions_(deps.dispatcher, *relay_),
        authority_(deps.dispatcher, *relay_) {}
  std::vector<grpc::Service*> services() override {
    return {&sessions_, &authority_};
  }

 private:
  const std::shared_ptr<NullRelay> relay_;
  NullTerminalSession sessions_;
  NullSessionAuthority authority_;
};

class IdentityRoom final : public NullRoom {
 public:
  IdentityRoom(const RoomDeps& deps, std::shared_ptr<NullRelay> relay,
               const std::shared_ptr<grpc::Channel>& terminal_session,
               const std::shared_ptr<grpc::Channel>& authority)
      : relay_(std::move(relay)),
        verification_(deps.dispatcher, *relay_, terminal_session, authority) {}
  std::vector<grpc::Service*> services() override { return {&verification_}; }

 private:
  const std::shared_ptr<NullRelay> relay_;
  NullIdentityVerification verification_;
};

class OrderRoom final : public NullRoom {
 public:
  explicit OrderRoom(std::shared_ptr<NullOrderDesk> desk)
      : desk_(std::move(desk)),
        orders_(*desk_),
        displays_(*desk_),
        progress_(*desk_) {}
  std::vector<grpc::Service*> services() override {
    return {&orders_, &displays_, &progress_};
  }

 private:
  const std::shared_ptr<NullOrderDesk> desk_;
  NullProfileOrder orders_;
  NullCustomerDisplay displays_;
  NullDownloadProgress progress_;
};

class GatewayRoom final : public NullRoom {
 public:
  explicit GatewayRoom(std::unique_ptr<NullGateway> gateway)
      : gateway_(std::move(gateway)) {}
  std::vector<grpc::Service*> services() override { return {}; }
  void Stop() override { gateway_.reset(); }

 private:
  std::unique_ptr<NullGateway> gateway_;
};

http::TlsFiles HttpTls(const std::string& config_file,
                       const config::v1::TlsFiles& tls) {
  return {.certificate_file = ResolvePath(config_file, tls.certificate_file()),
          .key_file = ResolvePath(config_file, tls.key_file()),
          .ca_file = ResolvePath(config_file, tls.ca_file()),
          .floor = http::TlsFloor::k12};
}

absl::StatusOr<std::shared_ptr<NullRelay>> MakeRelay(
    const RoomDeps& deps, const config::v1::Target& ledger) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                   deps.channel_to(ledger));
  return std::make_shared<NullRelay>(deps.runtime.executor(), channel);
}

// The plan for a room whose configuration has a `process`.
template <class Config>
absl::StatusOr<RoomPlan> PlanOf(const std::string& name,
                                const std::string& config_file,
                                absl::StatusOr<std::unique_ptr<process::Room>> (
                                    *make)(const std::string& config_file,
                                           const Config&, const RoomDeps&)) {
  ASSIGN_OR_RETURN(Config config, LoadConfig<Config>(config_file));
  RoomPlan plan;
  plan.name = name;
  plan.process = config.process();
  RETURN_IF_ERROR(process::PrepareProcess(config_file, plan.process));
  plan.make = [config_file, config, make](const RoomDeps& deps) {
    return make(config_file, config, deps);
  };
  return plan;
}

MadeRoom<process::Room> MakeLedger(const std::string&,
                                   const config::v1::IssuanceLedgerConfig&,
                                   const RoomDeps& deps) {
  return std::make_unique<LedgerRoom>(deps);
}

MadeRoom<process::Room> MakeTerminal(
    const std::string&, const config::v1::TerminalSessionConfig& config,
    const RoomDeps& deps) {
  ASSIGN_OR_RETURN(std::shared_ptr<NullRelay> relay,
                   MakeRelay(deps, config.issuance_ledger()));
  return std::make_unique<TerminalRoom>(deps, std::move(relay));
}

MadeRoom<process::Room> MakeIdentity(
    const std::string&, const config::v1::IdentityVerificationConfig& config,
    const RoomDeps& deps) {
  ASSIGN_OR_RETURN(std::shared_ptr<NullRelay> relay,
                   MakeRelay(deps, config.issuance_ledger()));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> terminal_session,
                   deps.channel_to(config.terminal_session()));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> authority,
                   deps.channel_to(config.identity_authority()));
  return std::make_unique<IdentityRoom>(deps, std::move(relay),
                                        terminal_session, authority);
}

MadeRoom<process::Room> MakeOrder(const std::string& config_file,
                                  const config::v1::ProfileOrderConfig& config,
                                  const RoomDeps& deps) {
  if (config.smdps().empty()) return ConfigError("smdps", "is missing");
  ASSIGN_OR_RETURN(std::unique_ptr<http::HttpClient> smdp,
                   http::HttpClient::Create(
                       {.executor = deps.runtime.executor(),
                        .base_url = config.smdps(0).base_url(),
                        .tls = HttpTls(config_file, config.smdps(0).tls())}));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> ledger,
                   deps.channel_to(config.issuance_ledger()));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> terminal_session,
                   deps.channel_to(config.terminal_session()));
  return std::make_unique<OrderRoom>(std::make_shared<NullOrderDesk>(
      deps.dispatcher, deps.runtime.executor(), ledger, terminal_session,
      std::move(smdp)));
}

MadeRoom<process::Room> MakeGateway(const std::string& config_file,
                                    const config::v1::GatewayConfig& config,
                                    const RoomDeps& deps) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> orders,
                   deps.channel_to(config.profile_order()));
  ASSIGN_OR_RETURN(
      std::unique_ptr<NullGateway> gateway,
      NullGateway::Start(deps.runtime.executor(), config.notices().listen(),
                         HttpTls(config_file, config.notices().tls()), orders));
  return std::make_unique<GatewayRoom>(std::move(gateway));
}

}  // namespace

absl::StatusOr<RoomPlan> NullIssuanceLedgerRoom(
    const std::string& config_file) {
  return PlanOf<config::v1::IssuanceLedgerConfig>("issuance_ledger",
                                                  config_file, &MakeLedger);
}

absl::StatusOr<RoomPlan> NullTerminalSessionRoom(
    const std::string& config_file) {
  return PlanOf<config::v1::TerminalSessionConfig>("terminal_session",
                                                   config_file, &MakeTerminal);
}

absl::StatusOr<RoomPlan> NullIdentityVerificationRoom(
    const std::string& config_file) {
  return PlanOf<config::v1::IdentityVerificationConfig>(
      "identity_verification", config_file, &MakeIdentity);
}

absl::StatusOr<RoomPlan> NullProfileOrderRoom(const std::string& config_file) {
  return PlanOf<config::v1::ProfileOrderConfig>("profile_order", config_file,
                                                &MakeOrder);
}

absl::StatusOr<RoomPlan> NullGatewayRoom(const std::string& config_file) {
  return PlanOf<config::v1::GatewayConfig>("gateway", config_file,
                                           &MakeGateway);
}

absl::StatusOr<process::ProcessPlan> AllNullRooms(
    const std::string& config_file) {
  ASSIGN_OR_RETURN(config::v1::ShimingdConfig config,
                   LoadConfig<config::v1::ShimingdConfig>(config_file));
  process::ProcessPlan plan;
  plan.process = config.process();
  RETURN_IF_ERROR(process::PrepareProcess(config_file, plan.process));
  const std::pair<std::string, absl::StatusOr<RoomPlan> (*)(const std::string&)>
      rooms[] = {
          {config.issuance_ledger(), &NullIssuanceLedgerRoom},
          {config.terminal_session(), &NullTerminalSessionRoom},
          {config.identity_verification(), &NullIdentityVerificationRoom},
          {config.profile_order(), &NullProfileOrderRoom},
          {config.gateway(), &NullGatewayRoom},
      };
  for (const auto& [file, load] : rooms) {
    ASSIGN_OR_RETURN(RoomPlan room, load(ResolvePath(config_file, file)));
    plan.rooms.push_back(std::move(room));
  }
  return plan;
}

}  // namespace shiming::bench

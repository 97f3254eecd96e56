#include "services/gateway/gateway_server.h"

#include <functional>
#include <string>
#include <utility>

#include "common/es2plus/notice.h"
#include "common/log/log.h"
#include "common/status/status_macros.h"
#include "services/gateway/gateway_config.h"
#include "services/gateway/order_notice_sink.h"

namespace shiming::gateway {
namespace {

constexpr absl::Duration kStopGrace = absl::Seconds(5);
constexpr int kLogThreads = 2;
// SM-DP+s are few and keep their connections.
constexpr size_t kNoticeConnections = 256;
constexpr size_t kLogConnections = 1024;

http::TlsFiles ToTlsFiles(const config::v1::TlsFiles& config,
                          http::TlsFloor floor) {
  http::TlsFiles files;
  files.certificate_file = config.certificate_file();
  files.key_file = config.key_file();
  files.ca_file = config.ca_file();
  files.floor = floor;
  return files;
}

// Counts what a listener turns away.
void CountRefusals(const std::string& listener, Metrics& metrics,
                   http::HttpServer::Options& options) {
  Counter& handshakes = metrics.counter(
      "shiming_gateway_handshake_failures_total",
      "TLS handshakes that failed, those of unknown peers among them",
      {{"listener", listener}});
  Counter& over_limit =
      metrics.counter("shiming_gateway_connections_over_limit_total",
                      "Connections closed because there were too many",
                      {{"listener", listener}});
  options.on_handshake_failure = [&handshakes, listener](std::string_view why) {
    handshakes.Increment();
    Log(Severity::kWarning, "TLS handshake failed",
        {{"listener", listener}, {"why", why}});
  };
  options.on_over_limit = [&over_limit] { over_limit.Increment(); };
}

}  // namespace

absl::StatusOr<process::RoomPlan> GatewayRoom(const std::string& config_file) {
  ASSIGN_OR_RETURN(auto config, LoadGatewayConfig(config_file));
  RETURN_IF_ERROR(CheckGatewayConfig(config));
  process::RoomPlan plan;
  plan.name = "gateway";
  plan.process = config.process();
  plan.make = [config](const process::RoomDeps& deps) {
    return GatewayServer::Make(config, deps);
  };
  return plan;
}

absl::StatusOr<std::unique_ptr<GatewayServer>> GatewayServer::Make(
    config::v1::GatewayConfig config, const process::RoomDeps& deps) {
  ASSIGN_OR_RETURN(auto profile_order, deps.channel_to(config.profile_order()));
  ASSIGN_OR_RETURN(PinnedSmdps pinned, PinnedSmdpsOf(config.notices()));
  std::unique_ptr<GatewayServer> server(
      new GatewayServer(std::move(config), deps));
  server->sink_ = std::make_unique<OrderNoticeSink>(std::move(profile_order));
  server->notices_ = std::make_unique<NoticeEndpoint>(
      std::move(pinned), *server->sink_, deps.clock, deps.metrics);
  return server;
}

GatewayServer::GatewayServer(config::v1::GatewayConfig config,
                             const process::RoomDeps& deps)
    : config_(std::move(config)),
      runtime_(deps.runtime),
      metrics_(deps.metrics) {}

GatewayServer::~GatewayServer() { Stop(); }

absl::Status GatewayServer::Start(std::stop_token) {
  RETURN_IF_ERROR(StartNotices());
  if (config_.has_log()) {
    RETURN_IF_ERROR(StartLog());
  }
  serving_ = true;
  return absl::OkStatus();
}

absl::Status GatewayServer::Ready() {
  return serving_ ? absl::OkStatus() : absl::UnavailableError("not listening");
}

absl::Status GatewayServer::StartNotices() {
  http::HttpServer::Options options;
  options.executor = runtime_.executor();
  options.listen = config_.notices().listen();
  options.tls = ToTlsFiles(config_.notices().tls(), http::TlsFloor::k12);
  options.admit = std::bind_front(&NoticeEndpoint::Admits, notices_.get());
  options.limits.body_bytes = es2plus::kMaxNoticeBytes;
  options.limits.connections = kNoticeConnections;
  options.handler = std::bind_front(&NoticeEndpoint::Answer, notices_.get());
  CountRefusals("notices", metrics_, options);
  ASSIGN_OR_RETURN(notice_server_, http::HttpServer::Start(std::move(options)));
  return absl::OkStatus();
}

absl::Status GatewayServer::StartLog() {
  log_runtime_ = std::make_unique<rpc::Runtime>(kLogThreads);
  log_ = std::make_unique<LogEndpoint>(config_.log().folder());
  http::HttpServer::Options options;
  options.executor = log_runtime_->executor();
  options.listen = config_.log().listen();
  options.tls = ToTlsFiles(config_.log().tls(), http::TlsFloor::k13);
  options.limits.body_bytes = 0;
  options.limits.connections = kLogConnections;
  options.handler = std::bind_front(&LogEndpoint::Answer, log_.get());
  CountRefusals("log", metrics_, options);
  ASSIGN_OR_RETURN(log_server_, http::HttpServer::Start(std::move(options)));
  return absl::OkStatus();
}

void GatewayServer::Stop() {
  serving_ = false;
  if (notice_server_ != nullptr) notice_server_->Stop(kStopGrace);
  if (log_server_ != nullptr) log_server_->Stop(kStopGrace);
}

std::map<std::string, int> GatewayServer::ports() {
  std::map<std::string, int> ports;
  if (notice_server_ != nullptr) ports["notices"] = notice_server_->port();
  if (log_server_ != nullptr) ports["log"] = log_server_->port();
  return ports;
}

}  // namespace shiming::gateway

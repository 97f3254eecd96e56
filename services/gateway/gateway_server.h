// The gateway put together: composition root.
#ifndef SHIMING_SERVICES_GATEWAY_GATEWAY_SERVER_H_
#define SHIMING_SERVICES_GATEWAY_GATEWAY_SERVER_H_

#include <atomic>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/http_server.h"
#include "common/process/room.h"
#include "common/rpc/runtime.h"
#include "services/gateway/log_endpoint.h"
#include "services/gateway/notice_endpoint.h"
#include "shiming/config/v1/gateway_config.pb.h"

namespace shiming::gateway {

// Loads and checks the configuration of a gateway.
absl::StatusOr<process::RoomPlan> GatewayRoom(const std::string& config_file);

// The listeners for notices and for the log's files. It has no gRPC services.
class GatewayServer final : public process::Room {
 public:
  // INVALID_ARGUMENT naming the field or file. Listens to nobody yet.
  static absl::StatusOr<std::unique_ptr<GatewayServer>> Make(
      config::v1::GatewayConfig config, const process::RoomDeps& deps);

  ~GatewayServer() override;

  std::vector<grpc::Service*> services() override { return {}; }
  // Listens; UNAVAILABLE if an address is taken.
  absl::Status Start(std::stop_token stop) override;
  absl::Status Ready() override;
  // Takes no new connections and waits, at most 5 s, for requests in hand.
  void Stop() override;
  // "notices" and, if it is served, "log".
  std::map<std::string, int> ports() override;

 private:
  GatewayServer(config::v1::GatewayConfig config,
                const process::RoomDeps& deps);
  absl::Status StartNotices();
  absl::Status StartLog();

  const config::v1::GatewayConfig config_;
  rpc::Runtime& runtime_;
  Metrics& metrics_;
  std::atomic<bool> serving_ = false;
  std::unique_ptr<NoticeSink> sink_;
  std::unique_ptr<NoticeEndpoint> notices_;
  std::unique_ptr<LogEndpoint> log_;
  // Reading files blocks: the log has threads of its own.
  std::unique_ptr<rpc::Runtime> log_runtime_;
  std::unique_ptr<http::HttpServer> notice_server_;
  std::unique_ptr<http::HttpServer> log_server_;
};

}  // namespace shiming::gateway

#endif  // SHIMING_SERVICES_GATEWAY_GATEWAY_SERVER_H_

#include "common/rpc/channel.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/rpc/access_table.h"
#include "common/rpc/dial_address.h"
#include "common/status/status_macros.h"

namespace shiming::rpc {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// A service that was restarted is found again soon; gRPC's default grows to
// two minutes.
constexpr int kInitialReconnectMs = 100;
constexpr int kMaxReconnectMs = 2'000;

constexpr char kRetryPolicy[] =
    R"("retryPolicy":{"maxAttempts":4,"initialBackoff":"0.1s",)"
    R"("maxBackoff":"1s","backoffMultiplier":2,)"
    R"("retryableStatusCodes":["UNAVAILABLE"]})";
// A call takes the next instance that is connected and says by grpc.health.v1
// that it serves ("": the whole server). Only round_robin looks at health.
constexpr char kGoRound[] = R"("loadBalancingConfig":[{"round_robin":{}}],)"
                            R"("healthCheckConfig":{"serviceName":""})";

// The descriptor of "/package.Service/Method" if its file is linked in.
const google::protobuf::MethodDescriptor* FindMethod(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string name =
      absl::StrCat(std::string(path.substr(1, slash - 1)), ".",
                   std::string(path.substr(slash + 1)));
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      name);
}

}  // namespace

std::string ServiceConfig(bool is_several) {
  std::string config = is_several ? kGoRound : "";
  std::string names;
  for (const AccessRow& row : AccessTable()) {
    const google::protobuf::MethodDescriptor* method = FindMethod(row.method);
    if (method == nullptr || method->server_streaming() ||
        method->client_streaming()) {
      continue;
    }
    absl::StrAppend(&names, names.empty() ? "" : ",", R"({"service":")",
                    method->service()->full_name(), R"(","method":")",
                    method->name(), R"("})");
  }
  if (!names.empty()) {
    absl::StrAppend(&config, config.empty() ? "" : ",",
                    R"("methodConfig":[{"name":[)", names, "],", kRetryPolicy,
                    "}]");
  }
  return absl::StrCat("{", config, "}");
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Target& target) {
  ASSIGN_OR_RETURN(const DialAddress dialled, ParseDialAddress(target.address));
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials,
                   ChannelTls(target.tls, target.server_spiffe_id));
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig(dialled.is_several));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // 0: no limit on pings while no data flows.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kInitialReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  return grpc::CreateCustomChannel(dialled.target, credentials, arguments);
}

}  // namespace shiming::rpc

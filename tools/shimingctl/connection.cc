#include "tools/shimingctl/connection.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/rpc/channel.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/peer.h"
#include "common/status/status_macros.h"

namespace shiming::shimingctl {
namespace {

constexpr std::chrono::seconds kCallTimeout(20);

}  // namespace

absl::StatusOr<config::v1::CtlConfig> LoadCtlConfig(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string data, arguments.Required("data"));
  const std::string path = absl::StrCat(data, "/config/shimingctl.textproto");
  ASSIGN_OR_RETURN(config::v1::CtlConfig config,
                   LoadConfig<config::v1::CtlConfig>(path));
  config.set_pki_dir(ResolvePath(path, config.pki_dir()));
  return config;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectAs(
    const config::v1::CtlConfig& config, const std::string& role,
    const std::string& id, const config::v1::Target& target) {
  const std::string stem = absl::StrCat(config.pki_dir(), "/", role, "/", id);
  return rpc::Connect({
      .address = target.address(),
      .tls = {.cert = stem + ".crt",
              .key = stem + ".key",
              .ca = config.pki_dir() + "/ca.crt"},
      .server_spiffe_id =
          rpc::ServiceSpiffeId(config.trust_domain(), target.service()),
  });
}

void PrepareContext(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  // Commands often run right after a server was started.
  context.set_wait_for_ready(true);
}

absl::Status ToStatus(const grpc::Status& status) {
  return rpc::FromGrpcStatus(status);
}

}  // namespace shiming::shimingctl

#include "services/simulators/identity_authority/identity_authority_server.h"

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "common/http/address.h"
#include "common/status/status_macros.h"

namespace shiming::identity_authority {

IdentityAuthorityServer::IdentityAuthorityServer(
    const std::string& trust_domain, rpc::Runtime& runtime, Metrics& metrics,
    const Clock& clock)
    : dispatcher_({.runtime = runtime,
                   .metrics = metrics,
                   .trust_domain = trust_domain}),
      service_(dispatcher_, rules_, clock),
      control_(rules_) {}

absl::StatusOr<std::unique_ptr<IdentityAuthorityServer>>
IdentityAuthorityServer::Start(const IdentityAuthorityOptions& options,
                               rpc::Runtime& runtime, Metrics& metrics,
                               const Clock& clock) {
  ASSIGN_OR_RETURN(const http::HostPort control_address,
                   http::ParseHostPort(options.control_listen));
  if (!control_address.IsLoopback()) {
    return absl::InvalidArgumentError(
        "control is for loopback addresses only: " + options.control_listen);
  }
  std::unique_ptr<IdentityAuthorityServer> server(new IdentityAuthorityServer(
      options.trust_domain, runtime, metrics, clock));
  if (!options.data_csv.empty()) {
    RETURN_IF_ERROR(server->rules_.AddCsv(options.data_csv));
  }
  ASSIGN_OR_RETURN(server->server_,
                   rpc::Server::Start({.listen = options.listen,
                                       .tls = options.tls,
                                       .dispatcher = server->dispatcher_,
                                       .services = {&server->service_}}));
  http::HttpServer::Options control;
  control.executor = runtime.executor();
  control.listen = options.control_listen;
  control.handler = std::bind_front(&ControlApi::Answer, &server->control_);
  ASSIGN_OR_RETURN(server->control_server_,
                   http::HttpServer::Start(std::move(control)));
  return server;
}

IdentityAuthorityServer::~IdentityAuthorityServer() {
  control_server_.reset();
  server_.reset();
}

}  // namespace shiming::identity_authority

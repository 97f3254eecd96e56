// Connections of shimingctl to the services, as an admin or auditor.
#ifndef SHIMING_TOOLS_SHIMINGCTL_CONNECTION_H_
#define SHIMING_TOOLS_SHIMINGCTL_CONNECTION_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shiming/config/v1/ctl_config.pb.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// <data>/config/shimingctl.textproto with its paths made whole; --data names
// the folder.
absl::StatusOr<config::v1::CtlConfig> LoadCtlConfig(Arguments& arguments);

// A channel to `target` over mTLS as `role`/`id` ("admin", "admin-1"), whose
// certificate is in the PKI folder.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ConnectAs(
    const config::v1::CtlConfig& config, const std::string& role,
    const std::string& id, const config::v1::Target& target);

// One blocking unary call with a deadline of 20 s; errors with their reasons.
template <class Response, class Stub, class Request>
absl::StatusOr<Response> CallBlocking(
    Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    const Request& request);

// Sets deadline and trace id.
void PrepareContext(grpc::ClientContext& context);
// The status with its reason.
absl::Status ToStatus(const grpc::Status& status);

template <class Response, class Stub, class Request>
absl::StatusOr<Response> CallBlocking(
    Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    const Request& request) {
  grpc::ClientContext context;
  PrepareContext(context);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return ToStatus(status);
  return response;
}

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_CONNECTION_H_

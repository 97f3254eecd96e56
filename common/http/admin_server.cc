#include "common/http/admin_server.h"

#include <utility>

#include "common/http/address.h"
#include "common/status/status_macros.h"

namespace shiming::http {
namespace {

Response Answer(const AdminServer::Options& options, const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    Response refusal = TextResponse(405, "only GET and HEAD\n");
    refusal.headers.push_back({"Allow", "GET, HEAD"});
    return refusal;
  }
  const std::string_view path = request.path();
  if (path == "/livez") return TextResponse(200, "ok\n");
  if (path == "/readyz") {
    const absl::Status ready = options.ready();
    return ready.ok() ? TextResponse(200, "ok\n")
                      : TextResponse(503, std::string(ready.message()) + "\n");
  }
  if (path == "/metrics") {
    Response response;
    response.headers.push_back(
        {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"});
    response.body = options.metrics();
    return response;
  }
  if (path == "/version") return JsonResponse(200, options.version() + "\n");
  return TextResponse(404, "there are /livez /readyz /metrics /version\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    Options options) {
  ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(options.listen));
  if (!address.IsLoopback()) {
    return absl::InvalidArgumentError(
        "the admin port is for loopback addresses only: " + options.listen);
  }
  HttpServer::Options server;
  server.executor = options.executor;
  server.listen = options.listen;
  server.limits.body_bytes = 0;
  server.limits.connections = 64;
  server.handler =
      [options](const Request& request) -> asio::awaitable<Response> {
    co_return Answer(options, request);
  };
  ASSIGN_OR_RETURN(auto started, HttpServer::Start(std::move(server)));
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(started)));
}

}  // namespace shiming::http

#include "tests/bench/null/gateway.h"

#include <functional>
#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "common/status/status_macros.h"

namespace shiming::bench {
namespace {

using order::v1::DownloadProgressService;

constexpr absl::Duration kCallTime = absl::Seconds(5);

}  // namespace

absl::StatusOr<std::unique_ptr<NullGateway>> NullGateway::Start(
    boost::asio::any_io_executor executor, const std::string& listen,
    http::TlsFiles tls, const std::shared_ptr<grpc::Channel>& profile_order) {
  std::unique_ptr<NullGateway> gateway(new NullGateway(profile_order));
  http::HttpServer::Options options;
  options.executor = std::move(executor);
  options.listen = listen;
  options.tls = std::move(tls);
  options.handler = std::bind_front(&NullGateway::Answer, gateway.get());
  ASSIGN_OR_RETURN(gateway->server_,
                   http::HttpServer::Start(std::move(options)));
  return gateway;
}

boost::asio::awaitable<http::Response> NullGateway::Answer(
    const http::Request& request) {
  order::v1::HandleDownloadProgressRequest notice;
  notice.set_smdp_peer("smdp-1");
  notice.set_body(request.body);
  const absl::Status status =
      (co_await rpc::Invoke<order::v1::HandleDownloadProgressResponse>(
           *orders_,
           &DownloadProgressService::Stub::async_interface::
               HandleDownloadProgress,
           std::move(notice), {.deadline = absl::Now() + kCallTime}))
          .status();
  co_return http::Response{.status = status.ok() ? 204 : 503};
}

}  // namespace shiming::bench

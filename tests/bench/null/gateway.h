// gateway of the null pipeline: the ES2+ notice endpoint.
#ifndef SHIMING_TESTS_BENCH_NULL_GATEWAY_H_
#define SHIMING_TESTS_BENCH_NULL_GATEWAY_H_

#include <grpcpp/channel.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_server.h"
#include "common/http/tls_files.h"
#include "shiming/order/v1/order_service.grpc.pb.h"

namespace shiming::bench {

// Passes each notice on to profile_order and answers 204. Thread-safe.
class NullGateway {
 public:
  static absl::StatusOr<std::unique_ptr<NullGateway>> Start(
      boost::asio::any_io_executor executor, const std::string& listen,
      http::TlsFiles tls, const std::shared_ptr<grpc::Channel>& profile_order);

 private:
  explicit NullGateway(const std::shared_ptr<grpc::Channel>& profile_order)
      : orders_(order::v1::DownloadProgressService::NewStub(profile_order)) {}

  boost::asio::awaitable<http::Response> Answer(const http::Request& request);

  const std::unique_ptr<order::v1::DownloadProgressService::Stub> orders_;
  std::unique_ptr<http::HttpServer> server_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_GATEWAY_H_

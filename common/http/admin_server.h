// The admin port of a process (DESIGN 5): plain HTTP, on loopback only.
#ifndef SHIMING_COMMON_HTTP_ADMIN_SERVER_H_
#define SHIMING_COMMON_HTTP_ADMIN_SERVER_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/http_server.h"

namespace shiming::http {

// Serves, by GET or HEAD:
//   /livez    200 "ok" while the process runs
//   /readyz   200 "ok", or 503 and the reason why not
//   /metrics  Prometheus text format 0.0.4
//   /version  JSON: which build this is
class AdminServer {
 public:
  // Called from threads of the executor, possibly at the same time; they must
  // not block.
  struct Options {
    asio::any_io_executor executor;
    std::string listen;  // "127.0.0.1:0"; anything but loopback is refused
    std::function<absl::Status()> ready;
    std::function<std::string()> metrics;
    std::function<std::string()> version;  // JSON
  };

  // kInvalidArgument: not a loopback address; kUnavailable: it is taken.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(Options options);

  // The port that is listened on.
  int port() const { return server_->port(); }

 private:
  explicit AdminServer(std::unique_ptr<HttpServer> server)
      : server_(std::move(server)) {}
  std::unique_ptr<HttpServer> server_;
};

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_ADMIN_SERVER_H_

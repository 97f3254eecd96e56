// The SM-DP+ of the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_SMDP_PLUS_H_
#define SHIMING_TESTS_BENCH_NULL_SMDP_PLUS_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "common/http/tls_files.h"

namespace shiming::bench {

// Executes every ES2+ function without doing anything, and sends the notices
// that smdp_plus sends by default for each device that downloads. Thread-safe.
class NullSmdpPlus {
 public:
  struct Options {
    boost::asio::any_io_executor executor;
    std::string listen;         // ES2+
    std::string device_listen;  // devices, plain HTTP
    std::string notice_url;
    http::TlsFiles tls;
  };
  static absl::StatusOr<std::unique_ptr<NullSmdpPlus>> Start(Options options);

 private:
  explicit NullSmdpPlus(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)) {}

  boost::asio::awaitable<http::Response> Download(const http::Request& request);
  boost::asio::awaitable<void> SendNotices(std::string iccid);

  const boost::asio::any_io_executor executor_;
  std::unique_ptr<http::HttpClient> notices_;
  std::unique_ptr<http::HttpServer> es2plus_;
  std::unique_ptr<http::HttpServer> devices_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_SMDP_PLUS_H_

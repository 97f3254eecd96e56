// SmdpPort over ES2+: one POST per function call, mutual TLS.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_SMDP_ES2PLUS_SMDP_H_
#define SHIMING_SERVICES_PROFILE_ORDER_SMDP_ES2PLUS_SMDP_H_

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/http/http_client.h"
#include "common/http/tls_files.h"
#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order::smdp {

class Es2PlusSmdp final : public SmdpPort {
 public:
  struct Options {
    boost::asio::any_io_executor executor;
    std::string base_url;   // "https://host:port[/prefix]"
    http::TlsFiles tls;     // 1.2 is allowed here (DESIGN 5)
    std::string requester;  // our functionRequesterIdentifier
    absl::Duration timeout = absl::Seconds(10);
    int max_connections = 16;
  };

  // INVALID_ARGUMENT for a URL or files that cannot be used. Connects to
  // nobody yet.
  static absl::StatusOr<std::unique_ptr<Es2PlusSmdp>> Create(Options options);

  boost::asio::awaitable<Answer> Call(Request request) override;

 private:
  Es2PlusSmdp(Options options, std::unique_ptr<http::HttpClient> client);

  const Options options_;
  const std::unique_ptr<http::HttpClient> client_;
};

}  // namespace shiming::profile_order::smdp

#endif  // SHIMING_SERVICES_PROFILE_ORDER_SMDP_ES2PLUS_SMDP_H_

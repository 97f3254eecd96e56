// The simulated authority put together: composition root.
#ifndef SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_IDENTITY_AUTHORITY_SERVER_H_
#define SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_IDENTITY_AUTHORITY_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_server.h"
#include "common/metrics/metrics.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/runtime.h"
#include "common/rpc/server.h"
#include "common/time/clock.h"
#include "services/simulators/identity_authority/control_api.h"
#include "services/simulators/identity_authority/identity_authority_service.h"
#include "services/simulators/identity_authority/rule_book.h"

namespace shiming::identity_authority {

struct IdentityAuthorityOptions {
  std::string listen;          // gRPC over mTLS
  std::string control_listen;  // plain HTTP, loopback only
  rpc::TlsFiles tls;
  std::string trust_domain;  // of the callers' SPIFFE ids
  std::string data_csv;      // content of the data file; "" for none
};

// Runs from Start to its destruction.
class IdentityAuthorityServer {
 public:
  // `runtime`, `metrics` and `clock` must outlive it. kInvalidArgument or
  // kUnavailable, naming what is wrong.
  static absl::StatusOr<std::unique_ptr<IdentityAuthorityServer>> Start(
      const IdentityAuthorityOptions& options, rpc::Runtime& runtime,
      Metrics& metrics, const Clock& clock);

  ~IdentityAuthorityServer();

  int port() const { return server_->port(); }
  int control_port() const { return control_server_->port(); }

 private:
  IdentityAuthorityServer(const std::string& trust_domain,
                          rpc::Runtime& runtime, Metrics& metrics,
                          const Clock& clock);

  RuleBook rules_;
  rpc::Dispatcher dispatcher_;
  IdentityAuthorityServiceRpc service_;
  ControlApi control_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<http::HttpServer> control_server_;
};

}  // namespace shiming::identity_authority

#endif  // SHIMING_SERVICES_SIMULATORS_IDENTITY_AUTHORITY_IDENTITY_AUTHORITY_SERVER_H_

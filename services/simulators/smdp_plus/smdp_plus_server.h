// The simulator put together: composition root.
#ifndef SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_SMDP_PLUS_SERVER_H_
#define SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_SMDP_PLUS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/random.h"
#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "common/rpc/runtime.h"
#include "common/time/clock.h"
#include "services/simulators/smdp_plus/control_api.h"
#include "services/simulators/smdp_plus/es2plus_api.h"
#include "services/simulators/smdp_plus/faults.h"
#include "services/simulators/smdp_plus/notice_sender.h"
#include "services/simulators/smdp_plus/smdp.h"

namespace shiming::smdp_plus {

struct SmdpPlusOptions {
  std::string listen;          // ES2+ over mTLS
  std::string device_listen;   // devices and control, plain, loopback only
  http::TlsFiles tls;          // own identity, as server and as client
  std::string notice_ca_file;  // trust for the operator's notice endpoint
  std::string notice_url;      // base URL; the ES2+ path is put behind it
  std::string smdp_address;    // our FQDN, as in activation codes
  std::string requester;       // id of the operator, who calls us
  std::string own_requester;   // our id when we call
  std::string state_file;
  std::string stock_csv;      // content of the stock file
  ProfileBook::Options book;  // `random` is filled in
};

// Runs from Start to its destruction.
class SmdpPlusServer {
 public:
  // `runtime`, `random` and `clock` must outlive it. kInvalidArgument,
  // kDataLoss or kUnavailable, naming what is wrong.
  static absl::StatusOr<std::unique_ptr<SmdpPlusServer>> Start(
      SmdpPlusOptions options, rpc::Runtime& runtime, crypto::Random& random,
      const Clock& clock);

  // Stops the listeners, then `runtime`: notices under way hold on to this.
  ~SmdpPlusServer();

  int port() const { return es2plus_server_->port(); }
  int device_port() const { return device_server_->port(); }

 private:
  explicit SmdpPlusServer(rpc::Runtime& runtime) : runtime_(runtime) {}

  rpc::Runtime& runtime_;
  FaultPlan faults_;
  std::unique_ptr<Smdp> smdp_;
  std::unique_ptr<http::HttpClient> notice_client_;
  std::unique_ptr<NoticeSender> notices_;
  std::unique_ptr<Es2PlusApi> es2plus_;
  std::unique_ptr<ControlApi> control_;
  std::unique_ptr<http::HttpServer> es2plus_server_;
  std::unique_ptr<http::HttpServer> device_server_;
};

}  // namespace shiming::smdp_plus

#endif  // SHIMING_SERVICES_SIMULATORS_SMDP_PLUS_SMDP_PLUS_SERVER_H_

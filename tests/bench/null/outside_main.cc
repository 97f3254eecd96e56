// null_outside: the SM-DP+ or the identity authority of the null pipeline, with
// the flags of the simulators that they take the place of.
//
//   null_outside --party=smdp_plus --flagfile=DIR/config/smdp_plus.flags
#include <cstdio>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/process.h"
#include "common/rpc/runtime.h"
#include "common/rpc/server.h"
#include "common/status/status_macros.h"
#include "tests/bench/null/identity_authority.h"
#include "tests/bench/null/smdp_plus.h"

ABSL_FLAG(std::string, party, "", "smdp_plus or identity_authority");
ABSL_FLAG(std::string, listen, "", "ES2+ or gRPC over mTLS, HOST:PORT");
ABSL_FLAG(std::string, device_listen, "", "smdp_plus: devices, HOST:PORT");
ABSL_FLAG(std::string, cert, "", "own certificate chain, PEM");
ABSL_FLAG(std::string, key, "", "its private key, PEM");
ABSL_FLAG(std::string, client_ca, "", "CA of the operator's certificates, PEM");
ABSL_FLAG(std::string, notice_url, "", "smdp_plus: base URL for notices");
ABSL_FLAG(std::string, trust_domain, "shiming.example",
          "identity_authority: of callers");
ABSL_FLAG(std::string, log_file, "", "JSON lines; empty: standard error");
// In the simulators' flag files; nothing here follows them.
ABSL_FLAG(std::string, control_listen, "", "ignored");
ABSL_FLAG(std::string, state, "", "ignored");
ABSL_FLAG(std::string, smdp_address, "", "ignored");
ABSL_FLAG(std::string, requester, "", "ignored");
ABSL_FLAG(std::string, own_requester, "", "ignored");

namespace shiming::bench {
namespace {

// The default of the simulators.
constexpr int kThreads = 2;

absl::Status ServeSmdpPlus(rpc::Runtime& runtime) {
  ASSIGN_OR_RETURN(const std::unique_ptr<NullSmdpPlus> smdp,
                   NullSmdpPlus::Start(
                       {.executor = runtime.executor(),
                        .listen = absl::GetFlag(FLAGS_listen),
                        .device_listen = absl::GetFlag(FLAGS_device_listen),
                        .notice_url = absl::GetFlag(FLAGS_notice_url),
                        .tls = {.certificate_file = absl::GetFlag(FLAGS_cert),
                                .key_file = absl::GetFlag(FLAGS_key),
                                .ca_file = absl::GetFlag(FLAGS_client_ca),
                                .floor = http::TlsFloor::k12}}));
  rpc::WaitForSignal();
  return absl::OkStatus();
}

absl::Status ServeIdentityAuthority(rpc::Runtime& runtime) {
  Metrics metrics;
  rpc::Dispatcher dispatcher(
      {.runtime = runtime,
       .metrics = metrics,
       .trust_domain = absl::GetFlag(FLAGS_trust_domain)});
  NullIdentityAuthority authority(dispatcher);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<rpc::Server> server,
      rpc::Server::Start({.listen = absl::GetFlag(FLAGS_listen),
                          .tls = {.cert = absl::GetFlag(FLAGS_cert),
                                  .key = absl::GetFlag(FLAGS_key),
                                  .ca = absl::GetFlag(FLAGS_client_ca)},
                          .dispatcher = dispatcher,
                          .services = {&authority}}));
  rpc::WaitForSignal();
  server->Drain();
  return absl::OkStatus();
}

absl::Status Serve() {
  const std::string party = absl::GetFlag(FLAGS_party);
  RETURN_IF_ERROR(InitLog("null_" + party, absl::GetFlag(FLAGS_log_file)));
  rpc::Runtime runtime(kThreads);
  if (party == "smdp_plus") return ServeSmdpPlus(runtime);
  if (party == "identity_authority") return ServeIdentityAuthority(runtime);
  return absl::InvalidArgumentError("--party is missing or unknown");
}

}  // namespace
}  // namespace shiming::bench

int main(int argc, char** argv) {
  shiming::rpc::BlockSignals();
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = shiming::bench::Serve();
  shiming::ShutdownLog();
  if (status.ok()) return 0;
  std::fprintf(stderr, "null_outside: %s\n", status.ToString().c_str());
  return 1;
}

// A simulated identity authority as a process.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/flags/help.h"
#include "common/log/log.h"
#include "common/rpc/process.h"
#include "common/rpc/runtime.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/simulators/identity_authority/identity_authority_server.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "gRPC over mTLS, HOST:PORT");
ABSL_FLAG(std::string, control_listen, "127.0.0.1:0",
          "control, plain HTTP on loopback, HOST:PORT");
ABSL_FLAG(std::string, cert, "", "own certificate chain, PEM");
ABSL_FLAG(std::string, key, "", "its private key, PEM");
ABSL_FLAG(std::string, client_ca, "", "CA of the callers' certificates, PEM");
ABSL_FLAG(std::string, trust_domain, "", "of the callers' SPIFFE ids");
ABSL_FLAG(std::string, data, "",
          "CSV file with header document_number,answer,numbers_elsewhere "
          "(answer: match, no_match, unknown, unavailable); who is not in it "
          "matches and has no numbers elsewhere");
ABSL_FLAG(std::string, port_file, "",
          "written once all listens: lines \"grpc PORT\", \"control PORT\"");
ABSL_FLAG(std::string, log_file, "", "JSON lines; empty: standard error");
ABSL_FLAG(int, threads, 2, "threads");

namespace shiming::identity_authority {
namespace {

constexpr std::string_view kUsage =
    "identity_authority: a simulated identity authority "
    "(shiming.outside.v1).\n\n"
    "  identity_authority --cert=F --key=F --client_ca=F --trust_domain=D "
    "[--data=F] ...\n"
    "      serves until SIGTERM";

absl::Status CheckNeededFlags() {
  const std::pair<std::string_view, std::string> needed[] = {
      {"cert", absl::GetFlag(FLAGS_cert)},
      {"key", absl::GetFlag(FLAGS_key)},
      {"client_ca", absl::GetFlag(FLAGS_client_ca)},
      {"trust_domain", absl::GetFlag(FLAGS_trust_domain)}};
  for (const auto& [name, value] : needed) {
    if (!value.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", std::string(name), " is missing"));
  }
  return absl::OkStatus();
}

absl::Status Serve() {
  RETURN_IF_ERROR(CheckNeededFlags());
  RETURN_IF_ERROR(InitLog("identity_authority", absl::GetFlag(FLAGS_log_file)));
  IdentityAuthorityOptions options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.control_listen = absl::GetFlag(FLAGS_control_listen);
  options.tls = {.cert = absl::GetFlag(FLAGS_cert),
                 .key = absl::GetFlag(FLAGS_key),
                 .ca = absl::GetFlag(FLAGS_client_ca)};
  options.trust_domain = absl::GetFlag(FLAGS_trust_domain);
  if (const std::string file = absl::GetFlag(FLAGS_data); !file.empty()) {
    ASSIGN_OR_RETURN(options.data_csv, ReadFile(file));
  }
  const SystemClock clock;
  Metrics metrics;
  rpc::Runtime runtime(absl::GetFlag(FLAGS_threads));
  ASSIGN_OR_RETURN(auto server, IdentityAuthorityServer::Start(options, runtime,
                                                               metrics, clock));
  if (const std::string file = absl::GetFlag(FLAGS_port_file); !file.empty()) {
    const std::string ports = absl::StrCat(
        "grpc ", server->port(), "\ncontrol ", server->control_port(), "\n");
    RETURN_IF_ERROR(ReplaceFile(file, ports, FileAccess::kEveryone));
  }
  Log(Severity::kInfo, "serving",
      {{"grpc_port", server->port()},
       {"control_port", server->control_port()}});
  rpc::WaitForSignal();
  Log(Severity::kInfo, "stopping");
  return absl::OkStatus();
}

}  // namespace
}  // namespace shiming::identity_authority

int main(int argc, char** argv) {
  using namespace shiming;  // NOLINT: the program's own file
  rpc::BlockSignals();
  if (AsksForHelp(argc, argv)) {
    std::puts(
        HelpText(identity_authority::kUsage, "simulators/identity_authority")
            .c_str());
    return 0;
  }
  if (absl::ParseCommandLine(argc, argv).size() != 1) {
    std::fprintf(stderr, "unknown argument; see --help\n");
    return 2;
  }
  const absl::Status status = identity_authority::Serve();
  ShutdownLog();
  if (!status.ok()) {
    std::fprintf(stderr, "identity_authority: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}

// A simulated SM-DP+ as a process, and a simulated device as a command.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/crypto/random.h"
#include "common/files/file.h"
#include "common/flags/help.h"
#include "common/log/log.h"
#include "common/rpc/process.h"
#include "common/rpc/runtime.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/simulators/smdp_plus/device_command.h"
#include "services/simulators/smdp_plus/smdp_plus_server.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:0", "ES2+ over mTLS, HOST:PORT");
ABSL_FLAG(std::string, device_listen, "127.0.0.1:0",
          "devices and control, plain HTTP on loopback, HOST:PORT");
ABSL_FLAG(std::string, cert, "", "own certificate chain, PEM");
ABSL_FLAG(std::string, key, "", "its private key, PEM");
ABSL_FLAG(std::string, client_ca, "", "CA of the operator's certificates, PEM");
ABSL_FLAG(std::string, notice_ca, "",
          "CA of the notice endpoint's certificate, PEM; empty: --client_ca");
ABSL_FLAG(std::string, notice_url, "",
          "base URL for notices, https://HOST:PORT[/PREFIX]");
ABSL_FLAG(std::string, notice_points, "1,3,4",
          "points whose success is told (failures always are)");
ABSL_FLAG(std::string, stock, "", "CSV file with header iccid,profile_type");
ABSL_FLAG(std::string, state, "", "file that keeps the state; made if absent");
ABSL_FLAG(std::string, smdp_address, "smdp.example.test",
          "own FQDN, as in activation codes");
ABSL_FLAG(std::string, requester, "2.999.86.1",
          "functionRequesterIdentifier of the operator");
ABSL_FLAG(std::string, own_requester, "2.999.1.1",
          "functionRequesterIdentifier in notices");
ABSL_FLAG(int, download_limit, 10, "download attempts per order");
ABSL_FLAG(int, confirmation_limit, 3, "wrong confirmation codes per order");
ABSL_FLAG(std::string, port_file, "",
          "written once all listens: lines \"es2plus PORT\", \"device PORT\"");
ABSL_FLAG(std::string, log_file, "", "JSON lines; empty: standard error");
ABSL_FLAG(int, threads, 2, "threads");
ABSL_FLAG(std::string, url, "", "download: URL of --device_listen");
ABSL_FLAG(std::string, eid, "", "download: EID of the device");
ABSL_FLAG(std::string, activation_code, "",
          "download: activation code; empty: ask by EID alone");
ABSL_FLAG(std::string, confirmation_code, "", "download: confirmation code");
ABSL_FLAG(
    std::string, outcome, "install",
    "download: install, install_fails, stops, user_refuses, not_eligible");

namespace shiming::smdp_plus {
namespace {

constexpr std::string_view kUsage =
    "smdp_plus: a simulated SM-DP+ that speaks ES2+ (SGP.22 v2.2).\n\n"
    "  smdp_plus --cert=F --key=F --client_ca=F --stock=F --state=F "
    "--notice_url=U ...\n"
    "      serves until SIGTERM\n"
    "  smdp_plus download --url=http://127.0.0.1:PORT --eid=E "
    "[--activation_code=A] ...\n"
    "      a device asks for its profile; prints JSON; exit 0 if installed";

absl::Status CheckNeededFlags() {
  const std::pair<std::string_view, std::string> needed[] = {
      {"cert", absl::GetFlag(FLAGS_cert)},
      {"key", absl::GetFlag(FLAGS_key)},
      {"client_ca", absl::GetFlag(FLAGS_client_ca)},
      {"notice_url", absl::GetFlag(FLAGS_notice_url)},
      {"stock", absl::GetFlag(FLAGS_stock)},
      {"state", absl::GetFlag(FLAGS_state)}};
  for (const auto& [name, value] : needed) {
    if (!value.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--", std::string(name), " is missing"));
  }
  return absl::OkStatus();
}

absl::StatusOr<SmdpPlusOptions> OptionsFromFlags() {
  RETURN_IF_ERROR(CheckNeededFlags());
  SmdpPlusOptions options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.device_listen = absl::GetFlag(FLAGS_device_listen);
  options.tls.certificate_file = absl::GetFlag(FLAGS_cert);
  options.tls.key_file = absl::GetFlag(FLAGS_key);
  options.tls.ca_file = absl::GetFlag(FLAGS_client_ca);
  options.tls.floor = http::TlsFloor::k12;
  options.notice_ca_file = absl::GetFlag(FLAGS_notice_ca);
  if (options.notice_ca_file.empty()) {
    options.notice_ca_file = options.tls.ca_file;
  }
  options.notice_url = absl::GetFlag(FLAGS_notice_url);
  options.smdp_address = absl::GetFlag(FLAGS_smdp_address);
  options.requester = absl::GetFlag(FLAGS_requester);
  options.own_requester = absl::GetFlag(FLAGS_own_requester);
  options.state_file = absl::GetFlag(FLAGS_state);
  options.book.download_limit = absl::GetFlag(FLAGS_download_limit);
  options.book.confirmation_limit = absl::GetFlag(FLAGS_confirmation_limit);
  options.book.success_points.clear();
  const std::string points = absl::GetFlag(FLAGS_notice_points);
  for (absl::string_view text :
       absl::StrSplit(points, ',', absl::SkipEmpty())) {
    int point = 0;
    if (!absl::SimpleAtoi(text, &point)) {
      return absl::InvalidArgumentError("--notice_points is malformed");
    }
    options.book.success_points.insert(point);
  }
  ASSIGN_OR_RETURN(options.stock_csv, ReadFile(absl::GetFlag(FLAGS_stock)));
  return options;
}

absl::Status Serve() {
  RETURN_IF_ERROR(InitLog("smdp_plus", absl::GetFlag(FLAGS_log_file)));
  ASSIGN_OR_RETURN(SmdpPlusOptions options, OptionsFromFlags());
  const SystemClock clock;
  rpc::Runtime runtime(absl::GetFlag(FLAGS_threads));
  ASSIGN_OR_RETURN(auto server,
                   SmdpPlusServer::Start(std::move(options), runtime,
                                         crypto::SystemRandom(), clock));
  const std::string ports = absl::StrCat(
      "es2plus ", server->port(), "\ndevice ", server->device_port(), "\n");
  if (const std::string file = absl::GetFlag(FLAGS_port_file); !file.empty()) {
    RETURN_IF_ERROR(ReplaceFile(file, ports, FileAccess::kEveryone));
  }
  Log(Severity::kInfo, "serving",
      {{"es2plus_port", server->port()},
       {"device_port", server->device_port()}});
  rpc::WaitForSignal();
  Log(Severity::kInfo, "stopping");
  return absl::OkStatus();
}

}  // namespace
}  // namespace shiming::smdp_plus

int main(int argc, char** argv) {
  using namespace shiming;  // NOLINT: the program's own file
  rpc::BlockSignals();
  if (AsksForHelp(argc, argv)) {
    std::puts(HelpText(smdp_plus::kUsage, "simulators/smdp_plus").c_str());
    return 0;
  }
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() == 2 && std::string_view(rest[1]) == "download") {
    smdp_plus::DeviceCommand command;
    command.url = absl::GetFlag(FLAGS_url);
    command.eid = absl::GetFlag(FLAGS_eid);
    command.activation_code = absl::GetFlag(FLAGS_activation_code);
    command.confirmation_code = absl::GetFlag(FLAGS_confirmation_code);
    command.outcome = absl::GetFlag(FLAGS_outcome);
    return smdp_plus::RunDeviceCommand(command);
  }
  if (rest.size() != 1) {
    std::fprintf(stderr, "unknown argument; see --help\n");
    return 2;
  }
  const absl::Status status = smdp_plus::Serve();
  ShutdownLog();
  if (!status.ok()) {
    std::fprintf(stderr, "smdp_plus: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}

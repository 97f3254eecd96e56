#include "tools/witness/witness_process.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/files/file.h"
#include "common/http/admin_server.h"
#include "common/log/log.h"
#include "common/metrics/build_info.h"
#include "common/metrics/metrics.h"
#include "common/rpc/process.h"
#include "common/rpc/runtime.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "tools/witness/witness_server.h"

namespace shiming::witness {
namespace {

absl::Status Serve(WitnessSettings settings) {
  const std::string admin_listen = settings.admin_listen;
  const std::string port_file = settings.port_file;
  const SystemClock clock;
  Metrics metrics;
  rpc::Runtime runtime(/*threads=*/1);
  ASSIGN_OR_RETURN(const std::unique_ptr<WitnessServer> server,
                   WitnessServer::Start(std::move(settings), clock, metrics));
  // It serves from here on, so it is always ready.
  ASSIGN_OR_RETURN(std::unique_ptr<http::AdminServer> admin,
                   http::AdminServer::Start(
                       {.executor = runtime.executor(),
                        .listen = admin_listen,
                        .ready = [] { return absl::OkStatus(); },
                        .metrics = [&metrics] { return metrics.Text(); },
                        .version =
                            [] {
                              return absl::StrCat(
                                  "{\"process\":\"witness\",\"version\":\"",
                                  std::string(BuildVersion()),
                                  "\",\"revision\":\"", BuildRevision(), "\"}");
                            }}));
  if (!port_file.empty()) {
    RETURN_IF_ERROR(ReplaceFile(port_file,
                                absl::StrCat("witness ", server->port(),
                                             "\nadmin ", admin->port(), "\n"),
                                FileAccess::kEveryone));
  }
  const int signal = rpc::WaitForSignal();
  Log(Severity::kInfo, "draining", {{"signal", signal}});
  server->Stop();
  admin.reset();
  return absl::OkStatus();
}

}  // namespace

absl::Status RunWitnessProcess(WitnessSettings settings) {
  rpc::BlockSignals();
  RETURN_IF_ERROR(InitLog("witness", settings.log_file));
  const absl::Status served = Serve(std::move(settings));
  if (!served.ok()) {
    Log(Severity::kError, "the witness may not serve",
        {{"error", std::string(served.message())}});
  }
  ShutdownLog();
  return served;
}

}  // namespace shiming::witness

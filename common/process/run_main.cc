#include "common/process/run_main.h"

#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/files/file.h"
#include "common/flags/help.h"
#include "common/http/admin_server.h"
#include "common/log/log.h"
#include "common/metrics/build_info.h"
#include "common/process/host.h"
#include "common/rpc/process.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

ABSL_FLAG(std::string, config, "", "configuration file (text-format proto)");
ABSL_FLAG(bool, check_config, false, "check the configuration and exit");
ABSL_FLAG(std::string, insecure_clock, "",
          "FILE with an offset in seconds to the time that documents, nonces, "
          "attestations, codes and TOTP follow; for tests only");

namespace shiming::process {
namespace {

constexpr int kDefaultHandlerThreads = 2;
// How often readiness is looked at by the process itself.
constexpr absl::Duration kWatchInterval = absl::Seconds(1);

// For --version and /version. Nothing in it needs escaping.
std::string VersionJson(const std::string& name) {
  return absl::StrCat("{\"process\":\"", name, "\",\"version\":\"",
                      std::string(BuildVersion()), "\",\"revision\":\"",
                      BuildRevision(), "\"}");
}

std::unique_ptr<Clock> MakeClock(Metrics& metrics) {
  const std::string file = absl::GetFlag(FLAGS_insecure_clock);
  metrics
      .gauge("shiming_insecure_clock",
             "1 while the time can be shifted by --insecure_clock", {})
      .Set(file.empty() ? 0 : 1);
  if (file.empty()) return std::make_unique<SystemClock>();
  Log(Severity::kWarning, "insecure clock is on: the time can be shifted",
      {{"file", file}});
  return std::make_unique<OffsetFileClock>(file);
}

// One process from its plan to its end.
class RunningProcess {
 public:
  RunningProcess(std::string name, ProcessPlan plan)
      : name_(std::move(name)),
        process_(std::move(plan.process)),
        clock_(MakeClock(metrics_)),
        runtime_(process_.handler_threads() > 0 ? process_.handler_threads()
                                                : kDefaultHandlerThreads),
        host_({.runtime = runtime_,
               .clock = *clock_,
               .random = crypto::SystemRandom(),
               .metrics = metrics_,
               .plans = std::move(plan.rooms)}) {}

  absl::Status Run() {
    RETURN_IF_ERROR(StartAdmin());
    std::jthread starting([this](std::stop_token stop) { StartHost(stop); });
    const int signal = rpc::WaitForSignal();
    Log(Severity::kInfo, "draining", {{"signal", signal}});
    starting.request_stop();
    starting.join();
    host_.Stop();
    admin_.reset();
    runtime_.Stop();
    std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
  }

 private:
  absl::Status StartAdmin() {
    ASSIGN_OR_RETURN(admin_,
                     http::AdminServer::Start(
                         {.executor = runtime_.executor(),
                          .listen = process_.admin_listen(),
                          .ready = [this] { return host_.Ready(); },
                          .metrics = [this] { return MetricsText(); },
                          .version = [this] { return VersionJson(name_); }}));
    return absl::OkStatus();
  }

  std::string MetricsText() {
    metrics_
        .gauge("shiming_lost_log_lines",
               "log lines lost because the queue was full", {})
        .Set(static_cast<double>(LostLogLines()));
    return metrics_.Text();
  }

  // Starts the rooms, writes the port file, then watches for a room that must
  // not serve any longer.
  void StartHost(std::stop_token stop) {
    absl::Status status = host_.Start(stop);
    if (status.ok()) status = WritePortFile();
    if (status.ok()) {
      Log(Severity::kInfo, "serving");
      status = Watch(stop);
    }
    if (status.ok() || stop.stop_requested()) return;
    Log(Severity::kError, "this process may not serve",
        {{"reason", ReasonText(status)},
         {"status",
          std::string_view(status.message().data(), status.message().size())}});
    std::lock_guard<std::mutex> lock(mutex_);
    failure_ = std::move(status);
    rpc::RequestStop();
  }

  absl::Status WritePortFile() {
    if (process_.port_file().empty()) return absl::OkStatus();
    std::string lines = absl::StrCat("admin ", admin_->port(), "\n");
    for (const auto& [listener, port] : host_.ports()) {
      absl::StrAppend(&lines, listener, " ", port, "\n");
    }
    return ReplaceFile(process_.port_file(), lines, FileAccess::kEveryone);
  }

  // Until `stop`; an error when a room may never serve again in this process:
  // it has fallen behind the ledger, or another ledger has taken the log over,
  // for which this one becomes the standby by starting anew.
  absl::Status Watch(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock<std::mutex> lock(mutex);
    while (!stop.stop_requested()) {
      const absl::Status ready = host_.Ready();
      if (HasReason(ready, Reason::DATABASE_BEHIND_LEDGER) ||
          HasReason(ready, Reason::LEDGER_FENCED)) {
        return ready;
      }
      wake.wait_for(lock, stop, absl::ToChronoMilliseconds(kWatchInterval),
                    [] { return false; });
    }
    return absl::OkStatus();
  }

  static std::string_view ReasonText(const absl::Status& status) {
    const std::optional<Reason> reason = ReasonOf(status);
    return reason.has_value() ? NameOf(*reason) : "none";
  }

  const std::string name_;
  const config::v1::Process process_;
  Metrics metrics_;
  const std::unique_ptr<Clock> clock_;
  rpc::Runtime runtime_;
  Host host_;
  std::unique_ptr<http::AdminServer> admin_;
  std::mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Run(
    const std::string& name,
    const std::function<absl::StatusOr<ProcessPlan>(const std::string&)>&
        load) {
  const std::string config_file = absl::GetFlag(FLAGS_config);
  if (config_file.empty()) {
    return absl::InvalidArgumentError("--config is missing");
  }
  ASSIGN_OR_RETURN(ProcessPlan plan, load(config_file));
  if (absl::GetFlag(FLAGS_check_config)) return absl::OkStatus();
  RETURN_IF_ERROR(InitLog(name, plan.process.log_file()));
  RunningProcess process(name, std::move(plan));
  return process.Run();
}

}  // namespace

int RunMain(
    int argc, char** argv, const std::string& name,
    std::function<absl::StatusOr<ProcessPlan>(const std::string&)> load) {
  rpc::BlockSignals();
  rpc::SkipLockCycleChecks();
  const std::string usage_text = name + " --config=FILE";
  if (AsksForHelp(argc, argv)) {
    fputs(HelpText(usage_text, "common/process/").c_str(), stdout);
    return 0;
  }
  absl::SetProgramUsageMessage(usage_text);
  absl::FlagsUsageConfig usage;
  usage.version_string = [name] { return VersionJson(name) + "\n"; };
  absl::SetFlagsUsageConfig(usage);
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = Run(name, load);
  ShutdownLog();
  if (status.ok()) return 0;
  fprintf(stderr, "%s: %s\n", name.c_str(), status.ToString().c_str());
  return 1;
}

int RunRoom(int argc, char** argv, const std::string& name, RoomLoader load) {
  return RunMain(argc, argv, name,
                 [load = std::move(load)](const std::string& config_file)
                     -> absl::StatusOr<ProcessPlan> {
                   ASSIGN_OR_RETURN(RoomPlan room, load(config_file));
                   ProcessPlan plan;
                   plan.process = room.process;
                   plan.rooms.push_back(std::move(room));
                   return plan;
                 });
}

absl::Status PrepareProcess(const std::string& config_file,
                            config::v1::Process& process) {
  if (process.trust_domain().empty()) {
    return ConfigError("process.trust_domain", "is missing");
  }
  if (process.admin_listen().empty()) {
    return ConfigError("process.admin_listen", "is missing");
  }
  config::v1::TlsFiles& tls = *process.mutable_tls();
  for (std::string* path :
       {tls.mutable_certificate_file(), tls.mutable_key_file(),
        tls.mutable_ca_file(), process.mutable_port_file(),
        process.mutable_log_file()}) {
    *path = ResolvePath(config_file, *path);
  }
  return absl::OkStatus();
}

}  // namespace shiming::process

// shiming_load: drives whole issuances against running services and prints what
// it measured as JSON. tests/bench/run.sh starts everything;
// docs/performance.md says what is measured how.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/rpc/process.h"
#include "common/rpc/runtime.h"
#include "common/status/status_macros.h"
#include "tests/bench/load/bench_shop.h"
#include "tests/bench/load/load.h"
#include "tests/bench/load/meters.h"
#include "tests/bench/load/report.h"

ABSL_FLAG(std::string, data, "", "data directory of `shimingctl init`");
ABSL_FLAG(int, port_base, 0, "its first port");
ABSL_FLAG(std::string, trust_domain, "shiming.example", "its trust domain");
ABSL_FLAG(std::string, folder, "", "for request ids of displays");
ABSL_FLAG(std::vector<std::string>, processes, {},
          "NAME:PID of each running process, for CPU and calls");
ABSL_FLAG(std::vector<std::string>, terminals,
          std::vector<std::string>({"1", "2", "4", "8", "16", "32", "64", "128",
                                    "256"}),
          "closed loop: how many terminals, one count after the other");
ABSL_FLAG(absl::Duration, warm_up, absl::Seconds(2), "before each measurement");
ABSL_FLAG(absl::Duration, closed_time, absl::Seconds(10),
          "of each closed loop");
ABSL_FLAG(absl::Duration, open_time, absl::Seconds(30),
          "of the open loop at half the best rate");
ABSL_FLAG(int64_t, first_customer, 1, "number of the first customer");
ABSL_FLAG(bool, enroll, true, "enroll the places; not for the null pipeline");
ABSL_FLAG(int, threads, 2, "threads of this process");

namespace shiming::bench {
namespace {

using shimingctl::Port;

// Admin listeners of the services, as `shimingctl init` places them.
const std::map<std::string, Port>& AdminPorts() {
  static const std::map<std::string, Port> kPorts = {
      {"shimingd", Port::kShimingdAdmin},
      {"terminal_session", Port::kTerminalSessionAdmin},
      {"identity_verification", Port::kIdentityVerificationAdmin},
      {"profile_order", Port::kProfileOrderAdmin},
      {"issuance_ledger", Port::kIssuanceLedgerAdmin},
      {"gateway", Port::kGatewayAdmin},
  };
  return kPorts;
}

absl::StatusOr<std::vector<MeteredProcess>> ProcessesFromFlags(
    const shimingctl::Layout& layout) {
  std::vector<MeteredProcess> processes = {
      {.name = "shiming_load", .pid = getpid()}};
  for (const std::string& text : absl::GetFlag(FLAGS_processes)) {
    const std::vector<std::string> parts = absl::StrSplit(text, ':');
    MeteredProcess process{.name = parts[0]};
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &process.pid)) {
      return absl::InvalidArgumentError("--processes: NAME:PID,NAME:PID");
    }
    if (const auto port = AdminPorts().find(process.name);
        port != AdminPorts().end()) {
      process.admin_address = layout.Address(port->second);
    }
    processes.push_back(std::move(process));
  }
  return processes;
}

absl::StatusOr<std::vector<int>> TerminalsFromFlags() {
  std::vector<int> counts;
  for (const std::string& text : absl::GetFlag(FLAGS_terminals)) {
    int count = 0;
    if (!absl::SimpleAtoi(text, &count) || count < 1) {
      return absl::InvalidArgumentError("--terminals: counts from 1");
    }
    counts.push_back(count);
  }
  if (counts.empty()) return absl::InvalidArgumentError("--terminals is empty");
  return counts;
}

void Tell(const Measured& measured) {
  const auto whole = measured.steps.find("whole");
  const absl::Duration p99 = whole == measured.steps.end()
                                 ? absl::ZeroDuration()
                                 : whole->second.Percentile(99);
  fprintf(stderr, "%3d terminals: %7.1f issuances/s, p99 %7.1f ms\n",
          measured.terminals, measured.IssuancesPerSecond(),
          absl::ToDoubleMilliseconds(p99));
  for (const auto& [reason, count] : measured.errors) {
    fprintf(stderr, "  %lld x %s\n", static_cast<long long>(count),
            reason.c_str());
  }
  if (!measured.first_error.empty()) {
    fprintf(stderr, "  the first: %s\n", measured.first_error.c_str());
  }
}

absl::Status Run() {
  ASSIGN_OR_RETURN(const std::vector<int> counts, TerminalsFromFlags());
  shimingctl::Layout layout{.data = absl::GetFlag(FLAGS_data),
                            .port_base = absl::GetFlag(FLAGS_port_base),
                            .trust_domain = absl::GetFlag(FLAGS_trust_domain)};
  rpc::Runtime runtime(absl::GetFlag(FLAGS_threads));
  ASSIGN_OR_RETURN(std::vector<MeteredProcess> processes,
                   ProcessesFromFlags(layout));
  ASSIGN_OR_RETURN(const std::unique_ptr<Meters> meters,
                   Meters::Create(runtime.executor(), std::move(processes)));
  ASSIGN_OR_RETURN(const std::unique_ptr<BenchShop> shop,
                   BenchShop::Open({.layout = layout,
                                    .executor = runtime.executor(),
                                    .enroll = absl::GetFlag(FLAGS_enroll),
                                    .folder = absl::GetFlag(FLAGS_folder)}));
  ASSIGN_OR_RETURN(
      std::vector<std::unique_ptr<Place>> places,
      shop->MakePlaces(*std::max_element(counts.begin(), counts.end())));
  Load load({.executor = runtime.executor(),
             .meters = *meters,
             .places = std::move(places),
             .warm_up = absl::GetFlag(FLAGS_warm_up),
             .first_customer = absl::GetFlag(FLAGS_first_customer)});

  nlohmann::json result;
  std::vector<Measured> closed;
  for (const int count : counts) {
    ASSIGN_OR_RETURN(Measured measured,
                     load.Closed(count, absl::GetFlag(FLAGS_closed_time)));
    Tell(measured);
    result["closed_loop"].push_back(ToJson(measured));
    closed.push_back(std::move(measured));
  }
  const Measured& best = BestOf(closed);
  result["full_load"] = ToJson(best);
  result["issuances_per_second"] = result["full_load"]["issuances_per_second"];
  if (best.issuances == 0) {
    return absl::InternalError(absl::StrCat("no issuance: ", result.dump()));
  }
  ASSIGN_OR_RETURN(
      const Measured half,
      load.Open(best.IssuancesPerSecond() / 2, absl::GetFlag(FLAGS_open_time)));
  Tell(half);
  result["half_load"] = ToJson(half);
  printf("%s\n", result.dump(2).c_str());
  // Stops before the places and what they share go.
  runtime.Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace shiming::bench

int main(int argc, char** argv) {
  shiming::rpc::BlockSignals();
  absl::SetProgramUsageMessage(
      "shiming_load --data=DIR --port_base=N --folder=DIR "
      "--processes=NAME:PID,...");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = shiming::bench::Run();
  if (status.ok()) return 0;
  fprintf(stderr, "shiming_load: %s\n", status.ToString().c_str());
  return 1;
}

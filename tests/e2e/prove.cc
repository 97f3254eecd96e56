#include "tests/e2e/prove.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "tests/e2e/child_process.h"

namespace shiming::e2e {

absl::StatusOr<ProveResult> Prove(Cluster& cluster,
                                  const std::vector<std::string>& more) {
  const std::string json_file = cluster.layout().data + "/run/audit.json";
  std::vector<std::string> arguments = {"tools/shimingctl/shimingctl",
                                        "audit",
                                        "prove",
                                        "--log",
                                        cluster.layout().Log(),
                                        "--key",
                                        cluster.layout().Key("ledger.vkey"),
                                        "--json",
                                        json_file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  ASSIGN_OR_RETURN(
      std::unique_ptr<ChildProcess> process,
      ChildProcess::Start(arguments, cluster.layout().data + "/run/audit.out"));
  ProveResult result;
  ASSIGN_OR_RETURN(result.exit_code, process->Wait(absl::Seconds(60)));
  ASSIGN_OR_RETURN(result.report, ReadFile(json_file));
  const nlohmann::json report =
      nlohmann::json::parse(result.report, nullptr, false);
  if (report.is_object() && report.contains("codes")) {
    result.codes_revealed = report["codes"].value("revealed", 0);
    result.codes_proven = report["codes"].value("proven", 0);
  }
  return result;
}

absl::StatusOr<ProveResult> ProveWhenRevealed(
    Cluster& cluster, uint64_t codes, const std::vector<std::string>& more) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (true) {
    ASSIGN_OR_RETURN(ProveResult result, Prove(cluster, more));
    if (result.codes_revealed >= codes || absl::Now() > deadline) return result;
    absl::SleepFor(absl::Milliseconds(100));
  }
}

}  // namespace shiming::e2e

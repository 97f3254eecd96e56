#include "tools/shimingctl/audit_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"
#include "ledger/audit/anomaly_report.h"
#include "ledger/audit/log_walk.h"
#include "tools/shimingctl/audit_inputs.h"

namespace shiming::shimingctl {
namespace {

using nlohmann::json;

constexpr int kCannotTell = 2;
constexpr int kMaxSeconds = 86'400;
constexpr int kMaxOrders = 1'000'000;

std::string Json(const ledger::WalkReport& walk,
                 const std::vector<ledger::AnomalyRow>& rows) {
  json list = json::array();
  for (const ledger::AnomalyRow& row : rows) {
    list.push_back({{"report", row.report},
                    {"hour", row.hour},
                    {"shop", row.shop},
                    {"terminal", row.terminal},
                    {"clerk", row.clerk},
                    {"reason", row.reason},
                    {"subject", row.subject},
                    {"count", row.count},
                    {"seconds", row.seconds},
                    {"first_entry", row.first_entry},
                    {"last_entry", row.last_entry}});
  }
  const json object = {{"log",
                        {{"origin", walk.checkpoint.origin},
                         {"size", walk.checkpoint.size},
                         {"root", crypto::Base64(walk.checkpoint.root)}}},
                       {"rows", list}};
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

absl::Status Report(Arguments& arguments) {
  const std::string format = arguments.Option("format", "csv");
  const std::string out = arguments.Option("out");
  if (format != "csv" && format != "json") {
    return absl::InvalidArgumentError("--format must be csv or json");
  }
  ledger::AnomalyOptions anomalies;
  ASSIGN_OR_RETURN(
      const int seconds,
      NumberOption(arguments, "fast-seconds",
                   static_cast<int>(anomalies.fast_session / absl::Seconds(1)),
                   0, kMaxSeconds));
  anomalies.fast_session = absl::Seconds(seconds);
  ASSIGN_OR_RETURN(anomalies.many_orders,
                   NumberOption(arguments, "eid-orders", anomalies.many_orders,
                                1, kMaxOrders));
  ASSIGN_OR_RETURN(const AuditInputs inputs, ReadAuditInputs(arguments));
  RETURN_IF_ERROR(arguments.CheckAllUsed());

  ledger::AnomalyReport report(anomalies);
  const ledger::KeyRing no_keys;
  ASSIGN_OR_RETURN(
      const ledger::WalkReport walk,
      ledger::WalkLog(
          inputs.files, inputs.policy, {.threads = inputs.threads}, no_keys,
          [&](const ledger::AuditEntry& entry) { report.Visit(entry); }));
  const std::vector<ledger::AnomalyRow> rows = report.Rows();
  const std::string text =
      format == "csv" ? ledger::AnomalyCsv(rows) : Json(walk, rows);
  if (!out.empty()) return ReplaceFile(out, text, FileAccess::kEveryone);
  fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

int RunAuditReport(Arguments& arguments) {
  const absl::Status status = Report(arguments);
  if (status.ok()) return 0;
  fprintf(stderr, "%s\n", status.ToString().c_str());
  return kCannotTell;
}

}  // namespace shiming::shimingctl

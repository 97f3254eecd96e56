#include "tools/shimingctl/audit_inputs.h"

#include <algorithm>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "tools/shimingctl/log_source.h"
#include "tools/shimingctl/trust.h"

namespace shiming::shimingctl {
namespace {

constexpr int kMaxThreads = 64;
constexpr int kMaxNumber = 1'000'000;

absl::Status ReadDuration(Arguments& arguments, const std::string& name,
                          absl::Duration unit, absl::Duration* duration) {
  ASSIGN_OR_RETURN(
      const int number,
      NumberOption(arguments, name, static_cast<int>(*duration / unit), 1,
                   kMaxNumber));
  *duration = number * unit;
  return absl::OkStatus();
}

absl::StatusOr<ledger::AuditOptions> ReadOptions(Arguments& arguments) {
  ledger::AuditOptions options;
  ASSIGN_OR_RETURN(options.person_limit,
                   NumberOption(arguments, "person-limit", options.person_limit,
                                1, kMaxNumber));
  ASSIGN_OR_RETURN(
      options.eid_limit,
      NumberOption(arguments, "eid-limit", options.eid_limit, 1, kMaxNumber));
  RETURN_IF_ERROR(ReadDuration(arguments, "shift-hours", absl::Hours(1),
                               &options.shift_time));
  RETURN_IF_ERROR(ReadDuration(arguments, "session-minutes", absl::Minutes(1),
                               &options.session_time));
  RETURN_IF_ERROR(ReadDuration(arguments, "attestation-minutes",
                               absl::Minutes(1), &options.attestation_life));
  RETURN_IF_ERROR(ReadDuration(arguments, "lock-minutes", absl::Minutes(1),
                               &options.lock_time));
  RETURN_IF_ERROR(ReadDuration(arguments, "clock-minutes", absl::Minutes(1),
                               &options.max_clock_difference));
  return options;
}

}  // namespace

absl::StatusOr<std::vector<ledger::FileReader>> ReadEarlierLogs(
    Arguments& arguments) {
  const std::vector<std::string> places =
      absl::StrSplit(arguments.Option("earlier"), ',', absl::SkipEmpty());
  const LogSourceTls tls = TlsFrom(arguments);
  std::vector<ledger::FileReader> logs;
  for (const std::string& place : places) {
    ASSIGN_OR_RETURN(logs.emplace_back(), OpenLogSource(place, tls));
  }
  return logs;
}

absl::StatusOr<int> NumberOption(Arguments& arguments, const std::string& name,
                                 int otherwise, int least, int most) {
  const std::string text = arguments.Option(name);
  if (text.empty()) return otherwise;
  int number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < least || number > most) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--", name, " must be a number from ", least, " to ", most));
  }
  return number;
}

absl::StatusOr<AuditInputs> ReadAuditInputs(Arguments& arguments) {
  RETURN_IF_ERROR(arguments.Word(1, "prove or report").status());
  ASSIGN_OR_RETURN(const std::string log, arguments.Required("log"));
  const LogSourceTls tls = TlsFrom(arguments);
  ASSIGN_OR_RETURN(ledger::TrustPolicy policy, PolicyFrom(arguments));
  ASSIGN_OR_RETURN(const ledger::AuditOptions options, ReadOptions(arguments));
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  ASSIGN_OR_RETURN(
      const int threads,
      NumberOption(arguments, "threads", std::max(cores, 1), 0, kMaxThreads));
  ASSIGN_OR_RETURN(ledger::FileReader files, OpenLogSource(log, tls));
  return AuditInputs{.files = std::move(files),
                     .policy = std::move(policy),
                     .options = options,
                     .threads = threads};
}

}  // namespace shiming::shimingctl

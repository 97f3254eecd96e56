#include "tests/bench/load/meters.h"

#include <unistd.h>

#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"

namespace shiming::bench {
namespace {

constexpr std::string_view kHandled = "grpc_server_handled_total{";
// proc(5): fields 14 and 15, that is 11 and 12 behind the command's name.
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;

// The value of `label` in "…label="value"…".
std::string LabelIn(std::string_view line, std::string_view label) {
  const std::string opening = absl::StrCat(std::string(label), "=\"");
  const size_t begin = line.find(opening);
  if (begin == std::string_view::npos) return "";
  const size_t from = begin + opening.size();
  return std::string(line.substr(from, line.find('"', from) - from));
}

}  // namespace

Reading Reading::operator-(const Reading& earlier) const {
  Reading difference = *this;
  for (auto& [name, value] : difference.cpu_seconds) {
    const auto before = earlier.cpu_seconds.find(name);
    if (before != earlier.cpu_seconds.end()) value -= before->second;
  }
  for (auto& [name, value] : difference.calls) {
    const auto before = earlier.calls.find(name);
    if (before != earlier.calls.end()) value -= before->second;
  }
  return difference;
}

absl::StatusOr<std::unique_ptr<Meters>> Meters::Create(
    boost::asio::any_io_executor executor,
    std::vector<MeteredProcess> processes) {
  std::vector<Metered> metered;
  for (MeteredProcess& process : processes) {
    std::unique_ptr<http::HttpClient> admin;
    if (!process.admin_address.empty()) {
      ASSIGN_OR_RETURN(admin,
                       http::HttpClient::Create(
                           {.executor = executor,
                            .base_url = "http://" + process.admin_address}));
    }
    metered.push_back({std::move(process), std::move(admin)});
  }
  return std::unique_ptr<Meters>(new Meters(std::move(metered)));
}

absl::StatusOr<Reading> Meters::Read() const {
  Reading reading;
  for (const Metered& metered : metered_) {
    const MeteredProcess& process = metered.process;
    absl::StatusOr<std::string> stat =
        ReadFile(absl::StrCat("/proc/", process.pid, "/stat"));
    if (!stat.ok()) {
      return absl::UnavailableError(absl::StrCat(process.name, " has ended"));
    }
    ASSIGN_OR_RETURN(reading.cpu_seconds[process.name],
                     CpuSecondsIn(*stat, sysconf(_SC_CLK_TCK)));
    if (metered.admin == nullptr) continue;
    const http::Outcome outcome = metered.admin->CallBlocking(
        {.method = "GET", .target = "/metrics", .headers = {}, .body = ""});
    if (outcome.kind != http::Outcome::Kind::kResponse ||
        outcome.response.status != 200) {
      return absl::UnavailableError(
          absl::StrCat(process.name, " gives no metrics: ", outcome.why));
    }
    AddCalls(outcome.response.body, reading.calls);
  }
  return reading;
}

absl::StatusOr<double> CpuSecondsIn(std::string_view stat,
                                    int64_t ticks_per_second) {
  // The command's name, in parentheses, may hold anything.
  const size_t name_end = stat.rfind(") ");
  if (name_end != std::string_view::npos) {
    const std::string rest(stat.substr(name_end + 2));
    const std::vector<std::string> fields = absl::StrSplit(rest, ' ');
    int64_t user = 0;
    int64_t system = 0;
    if (fields.size() > kSystemTicks &&
        absl::SimpleAtoi(fields[kUserTicks], &user) &&
        absl::SimpleAtoi(fields[kSystemTicks], &system)) {
      return static_cast<double>(user + system) /
             static_cast<double>(ticks_per_second);
    }
  }
  return absl::InvalidArgumentError("no /proc/<pid>/stat");
}

void AddCalls(std::string_view metrics, std::map<std::string, double>& calls) {
  std::istringstream lines{std::string(metrics)};
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(kHandled, 0) != 0) continue;
    const std::string service = LabelIn(line, "grpc_service");
    const std::string short_name = service.substr(service.rfind('.') + 1);
    double value = 0;
    if (!absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) continue;
    calls[absl::StrCat(short_name, "/", LabelIn(line, "grpc_method"))] += value;
  }
}

}  // namespace shiming::bench

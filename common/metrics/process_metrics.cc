#include "common/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "common/metrics/build_info.h"

namespace shiming {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void AddGauge(std::vector<MetricFamily>& families, const char* name,
              const char* help, double value) {
  MetricFamily family{name, help, MetricType::Gauge, {ClientMetric{}}};
  family.metric[0].gauge.value = value;
  families.push_back(std::move(family));
}

// Fields of /proc/self/stat from the third on, proc(5): the second is a name in
// brackets that may hold anything.
std::vector<std::string> ReadStat() {
  std::ifstream in("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(in)),
                   std::istreambuf_iterator<char>());
  const size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream rest(text.substr(end_of_name + 1));
  return {std::istream_iterator<std::string>(rest),
          std::istream_iterator<std::string>()};
}

// Seconds since 1970 at which the machine started; 0 if unknown.
double BootTimeSeconds() {
  std::ifstream in("/proc/stat");
  for (std::string key; in >> key; in.ignore(1 << 20, '\n')) {
    double value = 0;
    if (key == "btime" && in >> value) return value;
  }
  return 0;
}

void AddStat(std::vector<MetricFamily>& families) {
  const std::vector<std::string> stat = ReadStat();
  // Index of a field = its number in proc(5) less 3.
  constexpr size_t kUserTime = 14 - 3, kSystemTime = 15 - 3, kThreads = 20 - 3,
                   kStartTime = 22 - 3, kVirtualBytes = 23 - 3,
                   kResidentPages = 24 - 3;
  if (stat.size() <= kResidentPages) return;
  const auto number = [&stat](size_t index) {
    return std::strtod(stat[index].c_str(), nullptr);
  };
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  MetricFamily cpu{"process_cpu_seconds_total",
                   "User and system CPU time spent",
                   MetricType::Counter,
                   {ClientMetric{}}};
  cpu.metric[0].counter.value =
      (number(kUserTime) + number(kSystemTime)) / ticks;
  families.push_back(std::move(cpu));
  AddGauge(families, "process_virtual_memory_bytes", "Virtual memory size",
           number(kVirtualBytes));
  AddGauge(families, "process_resident_memory_bytes", "Resident memory size",
           number(kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  AddGauge(families, "process_threads", "Threads", number(kThreads));
  AddGauge(families, "process_start_time_seconds",
           "Start of the process, seconds since 1970",
           BootTimeSeconds() + number(kStartTime) / ticks);
}

void AddFileDescriptors(std::vector<MetricFamily>& families) {
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) {
    AddGauge(families, "process_open_fds", "Open file descriptors",
             static_cast<double>(std::distance(begin(open), end(open))));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    AddGauge(families, "process_max_fds", "Most file descriptors allowed",
             static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

void AddProcessMetrics(std::vector<MetricFamily>& families) {
  AddStat(families);
  AddFileDescriptors(families);
  AddGauge(families, "shiming_build_info", "Always 1; which build this is", 1);
  families.back().metric[0].label = {{"version", std::string(BuildVersion())},
                                     {"revision", BuildRevision()}};
}

}  // namespace shiming

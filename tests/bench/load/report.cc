#include "tests/bench/load/report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace shiming::bench {
namespace {

using nlohmann::json;

// Three digits behind the point are more than any of this is worth.
double Rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

json ToJson(const Measured& measured) {
  json value = {
      {"terminals", measured.terminals},
      {"seconds", Rounded(absl::ToDoubleSeconds(measured.time))},
      {"issuances", measured.issuances},
      {"issuances_per_second", Rounded(measured.IssuancesPerSecond())},
      {"errors", measured.errors},
  };
  if (measured.arrivals_per_second > 0) {
    value["arrivals_per_second"] = Rounded(measured.arrivals_per_second);
  }
  for (const auto& [name, samples] : measured.steps) {
    value["milliseconds"][name] = {
        {"p50", Rounded(absl::ToDoubleMilliseconds(samples.Percentile(50)))},
        {"p99", Rounded(absl::ToDoubleMilliseconds(samples.Percentile(99)))}};
  }
  if (measured.issuances == 0) return value;
  const double issuances = static_cast<double>(measured.issuances);
  double cpu_seconds = 0;
  for (const auto& [process, seconds] : measured.used.cpu_seconds) {
    value["cpu_milliseconds_per_issuance"][process] =
        Rounded(seconds * 1000 / issuances);
    cpu_seconds += seconds;
  }
  value["cpu_milliseconds_per_issuance"]["all"] =
      Rounded(cpu_seconds * 1000 / issuances);
  double calls = 0;
  for (const auto& [method, count] : measured.used.calls) {
    if (count == 0) continue;
    value["grpc_calls_per_issuance"][method] = Rounded(count / issuances);
    calls += count;
  }
  value["grpc_calls_per_issuance"]["all"] = Rounded(calls / issuances);
  return value;
}

const Measured& BestOf(const std::vector<Measured>& closed) {
  return *std::max_element(
      closed.begin(), closed.end(), [](const Measured& a, const Measured& b) {
        return a.IssuancesPerSecond() < b.IssuancesPerSecond();
      });
}

}  // namespace shiming::bench

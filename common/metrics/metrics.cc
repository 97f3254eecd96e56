#include "common/metrics/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <utility>
#include <vector>

#include "common/metrics/process_metrics.h"
#include "common/status/check.h"

namespace shiming {
namespace {

enum class Kind { kCounter, kGauge, kHistogram };

using Key = std::pair<std::string, MetricLabels>;

// 1 ms to 10 s, in seconds.
const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return buckets;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  mutable std::mutex mutex;
  // Guarded by mutex. Map nodes do not move.
  std::map<std::string, Kind> kinds;
  std::map<Key, Counter> counters;
  std::map<Key, Gauge> gauges;
  std::map<Key, Histogram> histograms;

  // Checks names here, so that prometheus-cpp has nothing left to throw about.
  void CheckNames(const std::string& name, const MetricLabels& labels,
                  Kind kind) {
    SHIMING_CHECK(prometheus::CheckMetricName(name), "metric name");
    for (const auto& [label, value] : labels) {
      SHIMING_CHECK(prometheus::CheckLabelName(label), "label name");
    }
    SHIMING_CHECK(kinds.emplace(name, kind).first->second == kind,
                  "one metric name for two kinds");
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help,
                          const MetricLabels& labels) {
  std::lock_guard lock(state_->mutex);
  const Key key(name, labels);
  if (auto it = state_->counters.find(key); it != state_->counters.end()) {
    return it->second;
  }
  state_->CheckNames(name, labels, Kind::kCounter);
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(
      state_->registry);
  return state_->counters.emplace(key, family.Add(labels)).first->second;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help,
                      const MetricLabels& labels) {
  std::lock_guard lock(state_->mutex);
  const Key key(name, labels);
  if (auto it = state_->gauges.find(key); it != state_->gauges.end()) {
    return it->second;
  }
  state_->CheckNames(name, labels, Kind::kGauge);
  auto& family =
      prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  return state_->gauges.emplace(key, family.Add(labels)).first->second;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const MetricLabels& labels) {
  std::lock_guard lock(state_->mutex);
  const Key key(name, labels);
  if (auto it = state_->histograms.find(key); it != state_->histograms.end()) {
    return it->second;
  }
  state_->CheckNames(name, labels, Kind::kHistogram);
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(
      state_->registry);
  return state_->histograms.emplace(key, family.Add(labels, Buckets()))
      .first->second;
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  AddProcessMetrics(families);
  return prometheus::TextSerializer().Serialize(families);
}

void Counter::Increment(double n) { counter_.Increment(n); }
double Counter::Value() const { return counter_.Value(); }

void Gauge::Set(double value) { gauge_.Set(value); }
void Gauge::Add(double by) { gauge_.Increment(by); }
double Gauge::Value() const { return gauge_.Value(); }

void Histogram::Observe(double seconds) { histogram_.Observe(seconds); }

}  // namespace shiming

// Metrics in the Prometheus text format: names end in _total, _seconds, _bytes
// or _info; ids and personal data are never labels.
#ifndef SHIMING_COMMON_METRICS_METRICS_H_
#define SHIMING_COMMON_METRICS_METRICS_H_

#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace shiming {

// Label names and values of one series.
using MetricLabels = std::map<std::string, std::string>;

// A count that only grows. Thread-safe.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(counter) {}
  // By `n` >= 0.
  void Increment(double n = 1);
  double Value() const;

 private:
  prometheus::Counter& counter_;
};

// A value that goes up and down. Thread-safe.
class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value);
  void Add(double by);
  double Value() const;

 private:
  prometheus::Gauge& gauge_;
};

// A distribution of durations, in buckets from 1 ms to 10 s. Thread-safe.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram)
      : histogram_(histogram) {}
  void Observe(double seconds);

 private:
  prometheus::Histogram& histogram_;
};

// All metrics of a process. Thread-safe. Metrics live as long as it does: keep
// the references, a look-up costs a lock. Asking again for the same name and
// labels gives the same metric, whatever the help. A malformed name, or one
// name for two kinds of metric, ends the process.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(const std::string& name, const std::string& help,
                   const MetricLabels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help,
               const MetricLabels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help,
                       const MetricLabels& labels = {});

  // Everything in the text format 0.0.4, with process_* (CPU, memory, file
  // descriptors, start) and shiming_build_info.
  std::string Text() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_METRICS_METRICS_H_

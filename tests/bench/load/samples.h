// Measured times and their percentiles.
#ifndef SHIMING_TESTS_BENCH_LOAD_SAMPLES_H_
#define SHIMING_TESTS_BENCH_LOAD_SAMPLES_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"

namespace shiming::bench {

// Keeps every sample, so that percentiles are exact. Not thread-safe.
class Samples {
 public:
  void Add(absl::Duration time) { times_.push_back(time); }

  size_t count() const { return times_.size(); }

  // The smallest sample that at least `percent` of all are not above (nearest
  // rank); zero without samples. `percent` is above 0 and at most 100.
  absl::Duration Percentile(double percent) const;

 private:
  std::vector<absl::Duration> times_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LOAD_SAMPLES_H_

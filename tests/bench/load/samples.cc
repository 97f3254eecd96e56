#include "tests/bench/load/samples.h"

#include <algorithm>
#include <cmath>

namespace shiming::bench {

absl::Duration Samples::Percentile(double percent) const {
  if (times_.empty()) return absl::ZeroDuration();
  std::vector<absl::Duration> sorted = times_;
  const size_t rank = static_cast<size_t>(
      std::ceil(percent / 100 * static_cast<double>(sorted.size())));
  const size_t index = std::clamp<size_t>(rank, 1, sorted.size()) - 1;
  std::nth_element(sorted.begin(), sorted.begin() + index, sorted.end());
  return sorted[index];
}

}  // namespace shiming::bench

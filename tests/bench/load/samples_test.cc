#include "tests/bench/load/samples.h"

#include <gtest/gtest.h>

namespace shiming::bench {
namespace {

TEST(SamplesTest, PercentileIsTheNearestRank) {
  Samples samples;
  EXPECT_EQ(samples.Percentile(50), absl::ZeroDuration());
  for (int i = 200; i >= 1; --i) samples.Add(absl::Milliseconds(i));
  EXPECT_EQ(samples.count(), 200u);
  EXPECT_EQ(samples.Percentile(50), absl::Milliseconds(100));
  EXPECT_EQ(samples.Percentile(99), absl::Milliseconds(198));
  EXPECT_EQ(samples.Percentile(100), absl::Milliseconds(200));
  EXPECT_EQ(samples.Percentile(0.1), absl::Milliseconds(1));
}

}  // namespace
}  // namespace shiming::bench

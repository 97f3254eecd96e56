#include "common/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace shiming {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, TextHoldsEverySeriesWithItsLabels) {
  Metrics metrics;
  metrics.counter("shiming_orders_total", "Orders", {{"state", "READY"}})
      .Increment();
  metrics.counter("shiming_orders_total", "Orders", {{"state", "CLOSED"}})
      .Increment(2);
  Gauge& gauge = metrics.gauge("shiming_queue", "Queued");
  gauge.Set(5);
  gauge.Add(-2);
  EXPECT_EQ(gauge.Value(), 3);
  metrics.histogram("shiming_step_seconds", "Step").Observe(0.003);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# TYPE shiming_orders_total counter"));
  EXPECT_THAT(text, HasSubstr("shiming_orders_total{state=\"READY\"} 1"));
  EXPECT_THAT(text, HasSubstr("shiming_orders_total{state=\"CLOSED\"} 2"));
  EXPECT_THAT(text, HasSubstr("shiming_queue 3"));
  EXPECT_THAT(text, HasSubstr("shiming_step_seconds_bucket{le=\"0.0025\"} 0"));
  EXPECT_THAT(text, HasSubstr("shiming_step_seconds_bucket{le=\"0.005\"} 1"));
  EXPECT_THAT(text, HasSubstr("shiming_step_seconds_bucket{le=\"10\"} 1"));
  EXPECT_THAT(text, HasSubstr("shiming_step_seconds_count 1"));
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  Counter& first = metrics.counter("a_total", "A", {{"x", "1"}});
  EXPECT_EQ(&metrics.counter("a_total", "other help", {{"x", "1"}}), &first);
  EXPECT_NE(&metrics.counter("a_total", "A", {{"x", "2"}}), &first);
  first.Increment();
  EXPECT_EQ(first.Value(), 1);
}

TEST(MetricsTest, TextHoldsProcessAndBuild) {
  const std::string text = Metrics().Text();
  for (const char* name :
       {"process_cpu_seconds_total ", "process_resident_memory_bytes ",
        "process_virtual_memory_bytes ", "process_open_fds ",
        "process_max_fds ", "process_threads ", "process_start_time_seconds ",
        "shiming_build_info{version=\""}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name));
  }
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
  EXPECT_THAT(text, Not(HasSubstr("process_open_fds 0\n")));
}

TEST(MetricsTest, ThreadsCountEveryIncrement) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, t] {
      Histogram& histogram = metrics.histogram("h_seconds", "H");
      for (int i = 0; i < 500; ++i) {
        metrics.counter("c_total", "C", {{"thread", std::to_string(t % 2)}})
            .Increment();
        histogram.Observe(0.1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("c_total", "C", {{"thread", "0"}}).Value(), 1000);
  EXPECT_THAT(metrics.Text(), HasSubstr("h_seconds_count 2000"));
}

TEST(MetricsDeathTest, OneNameForTwoKindsEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Metrics metrics;
  metrics.counter("a_total", "A");
  EXPECT_DEATH(metrics.gauge("a_total", "A"), "two kinds");
  EXPECT_DEATH(metrics.counter("bad name", "A"), "metric name");
}

}  // namespace
}  // namespace shiming

// What the kernel and the linker know of this process. Private to the package.
#ifndef SHIMING_COMMON_METRICS_PROCESS_METRICS_H_
#define SHIMING_COMMON_METRICS_PROCESS_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace shiming {

// Appends process_cpu_seconds_total, process_resident_memory_bytes,
// process_virtual_memory_bytes, process_open_fds, process_max_fds,
// process_threads, process_start_time_seconds and shiming_build_info. What the
// system does not tell is left out. Thread-safe.
void AddProcessMetrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace shiming

#endif  // SHIMING_COMMON_METRICS_PROCESS_METRICS_H_

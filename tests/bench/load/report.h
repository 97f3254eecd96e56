// Measurements as JSON; docs/performance.md explains the fields.
#ifndef SHIMING_TESTS_BENCH_LOAD_REPORT_H_
#define SHIMING_TESTS_BENCH_LOAD_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "tests/bench/load/load.h"

namespace shiming::bench {

nlohmann::json ToJson(const Measured& measured);

// The one with the most issuances a second; `closed` is not empty.
const Measured& BestOf(const std::vector<Measured>& closed);

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LOAD_REPORT_H_

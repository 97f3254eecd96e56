// Auditors' queries at a fixed rate, and how long their answers take.
#ifndef SHIMING_TESTS_BENCH_LEDGER_QUERY_LOAD_H_
#define SHIMING_TESTS_BENCH_LEDGER_QUERY_LOAD_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/ledger/ledger_host.h"
#include "tests/bench/load/samples.h"

namespace shiming::bench {

struct QueryLoadOptions {
  int64_t entry_count = 0;  // SyntheticEvents that the log holds
  int per_second = 100;
  absl::Duration time;  // of the measurement, after a tenth of it
  int threads = 8;      // callers; each has one call under way
};

struct QueryLoadResult {
  Samples all;
  // By what was asked for: "order", "shop+kind+time".
  std::map<std::string, Samples> by_shape;
  int64_t entries = 0;      // that were given
  int64_t short_pages = 0;  // that ended early without being the last
};

// First pages of 50 for filters of one to three fields, each taken from some
// entry of the log; a time counts from when the call was due, so a queue is
// seen. Errors of a call end it.
absl::StatusOr<QueryLoadResult> RunQueries(LedgerHost& host,
                                           const QueryLoadOptions& options);

// Receipts of entries anywhere in the log, at the same rate.
absl::StatusOr<Samples> RunReceipts(LedgerHost& host,
                                    const QueryLoadOptions& options);

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LEDGER_QUERY_LOAD_H_

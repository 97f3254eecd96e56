// Puts places under load and measures what comes of it.
#ifndef SHIMING_TESTS_BENCH_LOAD_LOAD_H_
#define SHIMING_TESTS_BENCH_LOAD_LOAD_H_

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/load/meters.h"
#include "tests/bench/load/place.h"
#include "tests/bench/load/samples.h"

namespace shiming::bench {

// What was measured between two moments; an issuance counts when it ended
// between them, an error whenever it happened.
struct Measured {
  int terminals = 0;
  // How many customers came a second; 0 in a closed loop.
  double arrivals_per_second = 0;
  absl::Duration time;
  int64_t issuances = 0;
  // Failed visits by reason, or by status code where there is no reason, from
  // warm-up to the last visit's end.
  std::map<std::string, int64_t> errors;
  // In full, for engineers; empty without errors.
  std::string first_error;
  // By name of the step; besides "whole" (steps 1 to 8) and "to_installed"
  // (steps 1 to 7: without the wait for a checkpoint that covers the receipt).
  std::map<std::string, Samples> steps;
  // CPU and calls of that time.
  Reading used;

  double IssuancesPerSecond() const {
    return static_cast<double>(issuances) / absl::ToDoubleSeconds(time);
  }
};

// Blocks; not from a thread of the executor.
class Load {
 public:
  struct Options {
    boost::asio::any_io_executor executor;
    const Meters& meters;
    std::vector<std::unique_ptr<Place>> places;
    // Before measuring begins.
    absl::Duration warm_up;
    // Customers are numbered from here; nobody comes twice.
    int64_t first_customer = 1;
  };
  explicit Load(Options options);

  // Closed loop: the next customer of each of `terminals` places comes as soon
  // as the last one has gone. Every place has served one customer before, so
  // that all connections stand. Errors: the meters', and of those first visits.
  absl::StatusOr<Measured> Closed(int terminals, absl::Duration time);

  // Open loop: customers come at random (exponential gaps, fixed seed) whether
  // or not a place is free, to all places. Times count from their coming, so
  // waiting for a place is in "whole" and "to_installed".
  absl::StatusOr<Measured> Open(double arrivals_per_second,
                                absl::Duration time);

 private:
  // The first visit of each place that has had none yet.
  absl::Status Warm(int terminals);
  // An open loop where customers come by themselves, else a closed one.
  absl::StatusOr<Measured> Run(int terminals, double arrivals_per_second,
                               absl::Duration time);

  const Options options_;
  std::atomic<int64_t> next_customer_;
  int warm_places_ = 0;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LOAD_LOAD_H_

// Ports for a data directory of a test.
#ifndef SHIMING_TESTS_E2E_FREE_PORTS_H_
#define SHIMING_TESTS_E2E_FREE_PORTS_H_

#include "absl/status/statusor.h"

namespace shiming::e2e {

// The first of 40 ports on 127.0.0.1 on which nobody listens now, drawn at
// random below the range from which the kernel gives out ports by itself.
// UNAVAILABLE when 200 draws found none.
absl::StatusOr<int> ChoosePortBase();

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_FREE_PORTS_H_

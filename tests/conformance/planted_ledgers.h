// One ledger for each kind of violation: right but for one planted lie.
#ifndef SHIMING_TESTS_CONFORMANCE_PLANTED_LEDGERS_H_
#define SHIMING_TESTS_CONFORMANCE_PLANTED_LEDGERS_H_

#include <vector>

#include "tests/conformance/planted/plant.h"

namespace shiming::conformance {

// At least one for each kind.
const std::vector<Plant>& Plants();

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_PLANTED_LEDGERS_H_

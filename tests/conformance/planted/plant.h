// A ledger that is right but for one planted lie.
#ifndef SHIMING_TESTS_CONFORMANCE_PLANTED_PLANT_H_
#define SHIMING_TESTS_CONFORMANCE_PLANTED_PLANT_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ledger/audit/violation.h"
#include "tests/conformance/synthetic_ledger.h"

namespace shiming::conformance {

// Where a lie is planted: a shop with two counters, a clerk signed in at each,
// one whole visit on the record.
struct PlantedLedger {
  PlantedLedger();

  SyntheticLedger ledger;
  SyntheticCounter first;
  SyntheticCounter second;
};

struct Plant {
  ledger::ViolationKind kind;
  // Names the variant: "RefusedVerification".
  std::string name;
  // Plants it and returns the entries that the audit must name, in its order.
  std::function<std::vector<uint64_t>(PlantedLedger&)> make;
  // Kinds that the same lie breaks as well.
  std::set<ledger::ViolationKind> also;
  // False where nothing right can follow.
  bool goes_on = true;
};

}  // namespace shiming::conformance

#endif  // SHIMING_TESTS_CONFORMANCE_PLANTED_PLANT_H_

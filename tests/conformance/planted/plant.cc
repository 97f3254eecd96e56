#include "tests/conformance/planted/plant.h"

namespace shiming::conformance {

PlantedLedger::PlantedLedger()
    : first{.evidence_key = *crypto::SigningKey::GenerateP256()},
      second{.evidence_key = first.evidence_key} {
  ledger.EnrollShop("demo");                   // 1, 2
  first = ledger.EnrollCounter("demo", "1");   // 3 to 8
  second = ledger.EnrollCounter("demo", "2");  // 9 to 14
  ledger.OpenShift(first);                     // 15
  ledger.OpenShift(second);                    // 16
  ledger.Issue(second);                        // 17 to 27
}

}  // namespace shiming::conformance

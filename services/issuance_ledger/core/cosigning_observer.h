// What is reported of witnesses; the server turns it into metrics and logs.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_COSIGNING_OBSERVER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_COSIGNING_OBSERVER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace shiming::issuance_ledger {

// Called from any thread; must not block. `witness` is its name in the policy.
class CosigningObserver {
 public:
  virtual ~CosigningObserver() = default;

  virtual void OnCosigned(const std::string& witness, absl::Time time) = 0;
  // It was asked and gave nothing that counts, or nothing in time.
  virtual void OnWitnessFailed(const std::string& witness,
                               const absl::Status& status) = 0;
  // After each round: whether what was collected meets the policy.
  virtual void OnQuorum(bool met) = 0;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_COSIGNING_OBSERVER_H_

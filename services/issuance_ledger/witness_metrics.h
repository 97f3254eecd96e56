// Metrics and log lines of the witnesses that the ledger asks.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_WITNESS_METRICS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_WITNESS_METRICS_H_

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/metrics/metrics.h"
#include "services/issuance_ledger/core/cosigning_observer.h"

namespace shiming::issuance_ledger {

// Thread-safe. Logs when a witness begins to fail and when it is back, not
// each round in between.
class WitnessMetrics final : public CosigningObserver {
 public:
  // `witnesses`: names in the policy; none: says that P4 is not covered against
  // the log's own operator. `metrics` must outlive this.
  WitnessMetrics(Metrics& metrics, const std::vector<std::string>& witnesses);

  void OnCosigned(const std::string& witness, absl::Time time) override;
  void OnWitnessFailed(const std::string& witness,
                       const absl::Status& status) override;
  void OnQuorum(bool met) override;

 private:
  struct Series {
    Counter& cosignatures;
    Counter& failures;
    Gauge& last_time;
    bool failing = false;  // guarded by mutex_
  };

  std::mutex mutex_;
  std::map<std::string, Series> series_;  // the map itself never changes
  Gauge& quorum_met_;
  bool quorum_was_met_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_WITNESS_METRICS_H_

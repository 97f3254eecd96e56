// Counts and durations of step 3.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFICATION_METRICS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFICATION_METRICS_H_

#include <optional>

#include "common/metrics/metrics.h"
#include "common/status/reason.h"

namespace shiming::identity_verification {

// Thread-safe.
class VerificationMetrics {
 public:
  // `metrics` is not owned and outlives this.
  explicit VerificationMetrics(Metrics& metrics);

  // One decided case: nullopt = approved. Only what was decided anew counts.
  void CountDecision(std::optional<Reason> refused);

  // Seconds that the identity authority took for one case.
  void ObserveAuthority(double seconds);

 private:
  Metrics& metrics_;
  Counter& approved_;
  Histogram& authority_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_VERIFICATION_METRICS_H_

// Counts of erasures.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_METRICS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_METRICS_H_

#include <cstdint>
#include <string>

#include "common/metrics/metrics.h"

namespace shiming::identity_verification {

// Thread-safe.
class ErasureMetrics {
 public:
  // `metrics` is not owned and outlives this.
  explicit ErasureMetrics(Metrics& metrics);

  // An approved erasure has come to its end: "ERASED", or why it was refused.
  void Count(const std::string& outcome);

  // So many are approved and not at their end. One that stays for long is
  // waiting for profile_order.
  void SetUnderWay(int64_t count);

  // A key of an erased person was found in the key store and destroyed again:
  // somebody has put back an older copy.
  void CountCameBack();

 private:
  Metrics& metrics_;
  Gauge& under_way_;
  Counter& came_back_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_CORE_ERASURE_METRICS_H_

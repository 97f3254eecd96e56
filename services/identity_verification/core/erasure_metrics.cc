#include "services/identity_verification/core/erasure_metrics.h"

namespace shiming::identity_verification {

ErasureMetrics::ErasureMetrics(Metrics& metrics)
    : metrics_(metrics),
      under_way_(metrics.gauge("shiming_erasures_under_way",
                               "Erasures that are approved and not done.")),
      came_back_(metrics.counter(
          "shiming_erased_keys_came_back_total",
          "Keys of erased persons that an older key store brought back; they "
          "were destroyed again.")) {}

void ErasureMetrics::Count(const std::string& outcome) {
  // A look-up, but only series that occur are shown.
  metrics_
      .counter("shiming_erasures_total", "Approved erasures by outcome.",
               {{"outcome", outcome}})
      .Increment();
}

void ErasureMetrics::SetUnderWay(int64_t count) {
  under_way_.Set(static_cast<double>(count));
}

void ErasureMetrics::CountCameBack() { came_back_.Increment(); }

}  // namespace shiming::identity_verification

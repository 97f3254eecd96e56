#include "services/identity_verification/core/verification_metrics.h"

#include <string>

namespace shiming::identity_verification {
namespace {

constexpr char kName[] = "shiming_verification_total";
constexpr char kHelp[] = "Decided verifications by outcome.";

}  // namespace

VerificationMetrics::VerificationMetrics(Metrics& metrics)
    : metrics_(metrics),
      approved_(metrics.counter(kName, kHelp, {{"outcome", "APPROVED"}})),
      authority_(metrics.histogram(
          "shiming_identity_authority_seconds",
          "Time that the identity authority took for both answers.")) {}

void VerificationMetrics::CountDecision(std::optional<Reason> refused) {
  if (!refused.has_value()) {
    approved_.Increment();
    return;
  }
  // A look-up, but only series that occur are shown.
  metrics_.counter(kName, kHelp, {{"outcome", std::string(NameOf(*refused))}})
      .Increment();
}

void VerificationMetrics::ObserveAuthority(double seconds) {
  authority_.Observe(seconds);
}

}  // namespace shiming::identity_verification

#include "services/issuance_ledger/witness_metrics.h"

#include "common/log/log.h"
#include "common/status/reason.h"

namespace shiming::issuance_ledger {

WitnessMetrics::WitnessMetrics(Metrics& metrics,
                               const std::vector<std::string>& witnesses)
    : quorum_met_(metrics.gauge("shiming_ledger_quorum_met",
                                "1 while the newest checkpoint has the "
                                "cosignatures that the policy asks for")) {
  for (const std::string& witness : witnesses) {
    const MetricLabels labels = {{"witness", witness}};
    series_.emplace(
        witness,
        Series{metrics.counter("shiming_ledger_witness_cosignatures_total",
                               "Cosignatures of this witness", labels),
               metrics.counter("shiming_ledger_witness_failures_total",
                               "Times that this witness was asked in vain",
                               labels),
               metrics.gauge(
                   "shiming_ledger_witness_last_cosignature_timestamp_seconds",
                   "When this witness cosigned last", labels)});
  }
  metrics
      .gauge("shiming_ledger_witness_covered",
             "0: no witness is configured, so nobody but the operator would "
             "notice a second version of the log")
      .Set(witnesses.empty() ? 0 : 1);
  if (!witnesses.empty()) return;
  Log(Severity::kWarning,
      "no witness is configured: P4 is not covered against the operator of "
      "this ledger");
}

void WitnessMetrics::OnCosigned(const std::string& witness, absl::Time time) {
  const auto found = series_.find(witness);
  if (found == series_.end()) return;
  Series& series = found->second;
  series.cosignatures.Increment();
  series.last_time.Set(absl::ToDoubleSeconds(time - absl::UnixEpoch()));
  std::lock_guard lock(mutex_);
  if (!series.failing) return;
  series.failing = false;
  Log(Severity::kInfo, "witness cosigns again", {{"witness", witness}});
}

void WitnessMetrics::OnWitnessFailed(const std::string& witness,
                                     const absl::Status& status) {
  const auto found = series_.find(witness);
  if (found == series_.end()) return;
  Series& series = found->second;
  series.failures.Increment();
  // That it knows of another history is said each time.
  const bool is_alarm = HasReason(status, Reason::LEDGER_WITNESS_MISMATCH) ||
                        absl::IsFailedPrecondition(status);
  std::lock_guard lock(mutex_);
  if (series.failing && !is_alarm) return;
  series.failing = true;
  Log(is_alarm ? Severity::kError : Severity::kWarning,
      "witness does not cosign",
      {{"witness", witness}, {"error", std::string(status.message())}});
}

void WitnessMetrics::OnQuorum(bool met) {
  quorum_met_.Set(met ? 1 : 0);
  std::lock_guard lock(mutex_);
  if (met == quorum_was_met_) return;
  quorum_was_met_ = met;
  Log(met ? Severity::kInfo : Severity::kWarning,
      met ? "quorum of witnesses is met again"
          : "quorum of witnesses is not met");
}

}  // namespace shiming::issuance_ledger

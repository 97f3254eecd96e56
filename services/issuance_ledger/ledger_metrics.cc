#include "services/issuance_ledger/ledger_metrics.h"

#include <string>

#include "common/log/log.h"
#include "ledger/entry.h"

namespace shiming::issuance_ledger {
namespace {

std::string TextOf(const absl::Status& status) {
  return std::string(status.message());
}

}  // namespace

LedgerMetrics::LedgerMetrics(Metrics& metrics)
    : metrics_(metrics),
      entries_(metrics.counter("shiming_ledger_entries_total",
                               "Entries sequenced, durably")),
      append_seconds_(metrics.histogram("shiming_ledger_append_seconds",
                                        "Time of one sequencing transaction")),
      waiting_(metrics.gauge("shiming_ledger_waiting_entries",
                             "Entries held in memory until those before them "
                             "are sequenced")),
      checkpoint_time_(
          metrics.gauge("shiming_ledger_last_checkpoint_timestamp_seconds",
                        "When the last checkpoint was published")),
      checkpoint_size_(metrics.gauge("shiming_ledger_checkpoint_entries",
                                     "Size of the published checkpoint")),
      failures_(metrics.counter("shiming_ledger_failures_total",
                                "Batches and checkpoints that failed and are "
                                "tried again")),
      verify_failures_(
          metrics.counter("shiming_ledger_verify_failures_total",
                          "Times the ledger found its own data wrong")) {}

void LedgerMetrics::OnSequenced(int64_t count, absl::Duration append_time) {
  entries_.Increment(static_cast<double>(count));
  append_seconds_.Observe(absl::ToDoubleSeconds(append_time));
}

void LedgerMetrics::OnRejected(const ledger::v1::EventId& id, Reason reason) {
  metrics_
      .counter(
          "shiming_ledger_rejected_total", "Events that were rejected",
          {{"source", id.source()}, {"reason", std::string(NameOf(reason))}})
      .Increment();
  // The alarm: somebody edited rows, restored a database or runs twice.
  Log(reason == Reason::LEDGER_CONFLICT ? Severity::kError : Severity::kWarning,
      "event rejected",
      {{"reason", NameOf(reason)}, {"event", ledger::EventIdText(id)}});
}

void LedgerMetrics::OnWaiting(int64_t count) {
  waiting_.Set(static_cast<double>(count));
}

void LedgerMetrics::OnPublished(uint64_t size, absl::Time time) {
  checkpoint_size_.Set(static_cast<double>(size));
  checkpoint_time_.Set(absl::ToDoubleSeconds(time - absl::UnixEpoch()));
}

void LedgerMetrics::OnFailure(const absl::Status& status) {
  failures_.Increment();
  Log(Severity::kWarning, "ledger step failed, tried again",
      {{"error", TextOf(status)}});
}

void LedgerMetrics::OnHalted(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  if (reason == Reason::LEDGER_PROOF_INVALID ||
      reason == Reason::LEDGER_GUARD_MISMATCH) {
    verify_failures_.Increment();
  }
  Log(Severity::kError, "ledger halted", {{"error", TextOf(status)}});
  std::lock_guard<std::mutex> lock(mutex_);
  if (halted_.ok()) halted_ = status;
}

absl::Status LedgerMetrics::halted() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return halted_;
}

}  // namespace shiming::issuance_ledger

#include "services/issuance_ledger/ledger_metrics.h"

#include <algorithm>
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
      batches_(metrics.counter("shiming_ledger_batches_total",
                               "Sequencing transactions with new entries")),
      batch_entries_(metrics.gauge("shiming_ledger_batch_entries",
                                   "New entries of the last batch")),
      waiting_(metrics.gauge("shiming_ledger_waiting_entries",
                             "Entries held in memory until those before them "
                             "are sequenced")),
      checkpoint_time_(
          metrics.gauge("shiming_ledger_last_checkpoint_timestamp_seconds",
                        "When the last checkpoint was published")),
      checkpoint_size_(metrics.gauge("shiming_ledger_checkpoint_entries",
                                     "Size of the published checkpoint")),
      unpublished_(metrics.gauge("shiming_ledger_unpublished_entries",
                                 "Entries that no published checkpoint covers "
                                 "yet")),
      sealed_(metrics.gauge("shiming_ledger_sealed_entries",
                            "Entries that are in sealed indexes")),
      redacted_(metrics.counter("shiming_ledger_redacted_entries_total",
                                "Entries of erased persons whose tokens were "
                                "taken out of sealed indexes")),
      frozen_(metrics.gauge("shiming_ledger_frozen",
                            "1: the log has ended and takes no entries")),
      failures_(metrics.counter("shiming_ledger_failures_total",
                                "Batches, checkpoints and seals that failed "
                                "and are tried again")),
      verify_failures_(
          metrics.counter("shiming_ledger_verify_failures_total",
                          "Times the ledger found its own data wrong")) {}

void LedgerMetrics::OnSequenced(int64_t count, absl::Duration append_time) {
  entries_.Increment(static_cast<double>(count));
  append_seconds_.Observe(absl::ToDoubleSeconds(append_time));
  batches_.Increment();
  batch_entries_.Set(static_cast<double>(count));
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

void LedgerMetrics::OnWaiting(
    int64_t count, const std::map<std::string, int64_t>& missing_from) {
  waiting_.Set(static_cast<double>(count));
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [source, missing] : missing_from) {
    Gauge*& gauge = missing_from_[source];
    if (gauge == nullptr) {
      gauge = &metrics_.gauge("shiming_ledger_missing_events",
                              "Events that others wait for, by the source that "
                              "has not sent them",
                              {{"source", source}});
    }
    gauge->Set(static_cast<double>(missing));
  }
}

void LedgerMetrics::OnIndexSealed(uint64_t end) {
  sealed_.Set(static_cast<double>(end));
}

void LedgerMetrics::OnRedacted(int64_t count) {
  redacted_.Increment(static_cast<double>(count));
}

void LedgerMetrics::OnFrozen() {
  frozen_.Set(1);
  Log(Severity::kWarning, "the log is frozen: it takes no more entries");
}

void LedgerMetrics::OnGrown(uint64_t size) {
  std::lock_guard<std::mutex> lock(mutex_);
  size_ = std::max(size_, size);
  SetUnpublished();
}

void LedgerMetrics::OnPublished(uint64_t size, absl::Time time) {
  checkpoint_size_.Set(static_cast<double>(size));
  checkpoint_time_.Set(absl::ToDoubleSeconds(time - absl::UnixEpoch()));
  std::lock_guard<std::mutex> lock(mutex_);
  published_ = size;
  SetUnpublished();
}

void LedgerMetrics::SetUnpublished() {
  // What is published is told on another thread than what has grown.
  unpublished_.Set(size_ > published_ ? static_cast<double>(size_ - published_)
                                      : 0);
}

void LedgerMetrics::OnFailure(const absl::Status& status) {
  failures_.Increment();
  Log(Severity::kWarning, "ledger step failed, tried again",
      {{"error", TextOf(status)}});
}

void LedgerMetrics::OnHalted(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  if (reason == Reason::LEDGER_PROOF_INVALID ||
      reason == Reason::LEDGER_GUARD_MISMATCH ||
      reason == Reason::LEDGER_WITNESS_MISMATCH) {
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

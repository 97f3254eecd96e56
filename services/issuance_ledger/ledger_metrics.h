// The ledger's metrics and log lines.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_METRICS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_METRICS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/metrics/metrics.h"
#include "services/issuance_ledger/core/ledger_observer.h"

namespace shiming::issuance_ledger {

// Thread-safe.
class LedgerMetrics final : public LedgerObserver {
 public:
  // `metrics` must outlive this.
  explicit LedgerMetrics(Metrics& metrics);

  void OnSequenced(int64_t count, absl::Duration append_time) override;
  void OnRejected(const ledger::v1::EventId& id, Reason reason) override;
  void OnWaiting(int64_t count,
                 const std::map<std::string, int64_t>& missing_from) override;
  void OnGrown(uint64_t size) override;
  void OnPublished(uint64_t size, absl::Time time) override;
  void OnIndexSealed(uint64_t end) override;
  void OnRedacted(int64_t count) override;
  void OnFrozen() override;
  void OnFailure(const absl::Status& status) override;
  void OnHalted(const absl::Status& status) override;

  // Why the ledger has stopped for good; OK while it has not.
  absl::Status halted() const;

 private:
  // Sets the lag; mutex_ is held.
  void SetUnpublished();

  Metrics& metrics_;
  Counter& entries_;
  Histogram& append_seconds_;
  Counter& batches_;
  Gauge& batch_entries_;
  Gauge& waiting_;
  Gauge& checkpoint_time_;
  Gauge& checkpoint_size_;
  Gauge& unpublished_;
  Gauge& sealed_;
  Counter& redacted_;
  Gauge& frozen_;
  Counter& failures_;
  Counter& verify_failures_;
  mutable std::mutex mutex_;
  absl::Status halted_ ABSL_GUARDED_BY(mutex_);
  uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t published_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Gauge*> missing_from_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_LEDGER_METRICS_H_

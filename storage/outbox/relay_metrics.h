// What the relay counts.
#ifndef SHIMING_STORAGE_OUTBOX_RELAY_METRICS_H_
#define SHIMING_STORAGE_OUTBOX_RELAY_METRICS_H_

#include <string>

#include "common/metrics/metrics.h"
#include "storage/outbox/outbox_rows.h"

namespace shiming::outbox {

// Series of one source. Thread-safe.
class RelayMetrics {
 public:
  // `metrics` must outlive this.
  RelayMetrics(Metrics& metrics, const std::string& source);

  Counter& sequenced;
  Counter& waiting;
  Counter& failed_calls;
  Gauge& behind;

  // An alarm: an event was rejected and its aggregate stands still.
  void Rejected(const std::string& reason);
  void Counted(const OutboxCounts& counts, double oldest_age_seconds);

 private:
  Metrics& metrics_;
  const std::string source_;
  Gauge& unsent_;
  Gauge& oldest_unsent_seconds_;
  Gauge& blocked_;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_RELAY_METRICS_H_

// The rows of one call to the ledger, and what the answer says about them.
#ifndef SHIMING_STORAGE_OUTBOX_RELAY_BATCH_H_
#define SHIMING_STORAGE_OUTBOX_RELAY_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "storage/outbox/event_sink.h"
#include "storage/outbox/outbox_rows.h"

namespace shiming::outbox {

// Rows for one call, within its limits.
class RelayBatch {
 public:
  // False, and nothing is added, when the call is full.
  bool Add(EventRow row);

  bool empty() const { return rows_.empty(); }
  bool full() const { return full_; }
  const std::vector<EventRow>& rows() const { return rows_; }
  std::vector<std::string> Entries() const;
  // Each once.
  std::vector<std::string> Aggregates() const;

 private:
  std::vector<EventRow> rows_;
  size_t bytes_ = 0;
  bool full_ = false;
};

// What a call found out.
struct Settled {
  struct Ack {
    std::string aggregate;
    int64_t version;
    int64_t index;
  };
  struct Rejection {
    std::string aggregate;
    int64_t version;
    std::string reason;
  };
  std::vector<Ack> acks;
  std::vector<Rejection> rejections;
  std::vector<std::string> waiting;  // aggregates, each once
  // Aggregates that are no longer on their way once this is stored.
  std::vector<std::string> aggregates;
};

// `outcomes` are as many as the batch's rows.
Settled Settle(const RelayBatch& batch,
               const std::vector<EventOutcome>& outcomes);

// Aggregates with events on their way: they are not sent twice at once, and
// come free only when the answer is stored. Thread-safe.
class BusyAggregates {
 public:
  void Add(const std::vector<std::string>& aggregates);
  void Remove(const std::vector<std::string>& aggregates);
  bool Contains(const std::string& aggregate) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_RELAY_BATCH_H_

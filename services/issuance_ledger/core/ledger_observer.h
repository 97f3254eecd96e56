// What the core reports of itself; the server turns it into metrics and logs.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_OBSERVER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_OBSERVER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/issuance_ledger/core/acceptance.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::issuance_ledger {

// Called from any thread; must not block.
class LedgerObserver {
 public:
  virtual ~LedgerObserver() = default;

  // New entries are durable. `append_time`: how long the transaction took.
  virtual void OnSequenced(int64_t count, absl::Duration append_time) = 0;
  // An event was rejected.
  virtual void OnRejected(const ledger::v1::EventId& id, Reason reason) = 0;
  // How many events are held in memory now because they wait for others, and of
  // which sources the ones are that they wait for. A source that was there once
  // stays, with 0.
  virtual void OnWaiting(
      int64_t count, const std::map<std::string, int64_t>& missing_from) = 0;
  // The log has this many entries now.
  virtual void OnGrown(uint64_t size) = 0;
  // A checkpoint was published.
  virtual void OnPublished(uint64_t size, absl::Time time) = 0;
  // The entries below `end` are in sealed indexes.
  virtual void OnIndexSealed(uint64_t end) { (void)end; }
  // The tokens of so many further entries are out of the sealed indexes' files.
  virtual void OnRedacted(int64_t count) { (void)count; }
  // The log is frozen: it takes no more entries. Told once, at start.
  virtual void OnFrozen() {}
  // A batch or a checkpoint could not be made, or an index not sealed; it is
  // tried again.
  virtual void OnFailure(const absl::Status& status) = 0;
  // The ledger stopped for good: it is fenced off, or its own data does not
  // verify. Readiness goes away.
  virtual void OnHalted(const absl::Status& status) = 0;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEDGER_OBSERVER_H_

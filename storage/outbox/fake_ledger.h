// A ledger in memory that keeps the acceptance rules, for tests of outboxes.
#ifndef SHIMING_STORAGE_OUTBOX_FAKE_LEDGER_H_
#define SHIMING_STORAGE_OUTBOX_FAKE_LEDGER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "storage/outbox/event_sink.h"

namespace shiming::outbox {

// Sequences events whose version is the aggregate's last + 1 and whose `after`
// are there; the same bytes again get the same index, others and a once_key
// that is taken are rejected as LEDGER_CONFLICT. What waits is answered at
// once, not held. Thread-safe.
class FakeLedger final : public EventSink {
 public:
  // `own_source` is the source of the service under test.
  explicit FakeLedger(std::string own_source)
      : own_source_(std::move(own_source)) {}

  boost::asio::awaitable<absl::StatusOr<std::vector<EventOutcome>>> Append(
      std::vector<std::string> entries, absl::Time deadline) override;
  boost::asio::awaitable<absl::StatusOr<std::vector<OwnEntry>>> ListOwnEntries(
      int64_t after_index, int limit) override;

  // The next `n` calls of Append fail; before or after they took effect.
  void FailCalls(int n, bool after_effect);
  // Calls of Append do not come back until Release.
  void Hold();
  void Release();
  // Rejects this aggregate's events for this reason; "" accepts them again.
  void Reject(const std::string& aggregate, const std::string& reason);
  // Appends an event of any source directly.
  int64_t AppendDirectly(const ledger::v1::Event& event);

  // Waits, up to 30 s, until `condition` holds; it is looked at after each
  // call. False at the end of the time.
  bool WaitUntil(const std::function<bool(const FakeLedger&)>& condition);

  // For conditions and expectations; these lock by themselves unless called
  // from a condition, which runs under the lock.
  std::vector<ledger::v1::Event> Events() const;
  bool Contains(const std::string& aggregate, int64_t version) const;
  std::vector<size_t> CallSizes() const;
  size_t CallsStarted() const;
  size_t ListCalls() const;

 private:
  using Key = std::pair<std::string, int64_t>;  // "source aggregate", version

  EventOutcome AppendOne(const std::string& entry);
  static std::string NameOf(const ledger::v1::EventId& id);

  const std::string own_source_;
  mutable std::recursive_mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> entries_;
  std::map<Key, int64_t> indexes_;
  std::map<std::string, int64_t> heads_;
  std::set<std::string> once_keys_;
  std::map<std::string, std::string> rejected_;
  std::vector<size_t> call_sizes_;
  size_t calls_started_ = 0;
  size_t list_calls_ = 0;
  int failing_calls_ = 0;
  bool fail_after_effect_ = false;
  bool is_held_ = false;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_FAKE_LEDGER_H_

// Which aggregates this process has added events to lately.
#ifndef SHIMING_STORAGE_OUTBOX_OWN_AGGREGATES_H_
#define SHIMING_STORAGE_OUTBOX_OWN_AGGREGATES_H_

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_set>

namespace shiming::outbox {

// Where several processes write to one outbox each relay sends its own
// process's events at once and leaves the others' to theirs; this says which
// are its own. In memory, and only a hint: an event that is forgotten here is
// sent a little later (Relay::Options::foreign_delay), one that is remembered
// though its transaction failed costs nothing. Thread-safe.
class OwnAggregates {
 public:
  // An aggregate is remembered for at least so long after its last event, and
  // for less than twice that.
  static constexpr std::chrono::seconds kKept{10};
  // More than these in kKept push out the older half.
  static constexpr size_t kMost = 50'000;

  void Add(const std::string& aggregate);
  bool Contains(const std::string& aggregate) const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_: since turned_ and from the turn before.
  std::unordered_set<std::string> newer_;
  std::unordered_set<std::string> older_;
  std::chrono::steady_clock::time_point turned_ =
      std::chrono::steady_clock::now();
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_OWN_AGGREGATES_H_

// A clock that stands still until a test moves it.
#ifndef SHIMING_COMMON_TIME_FAKE_CLOCK_H_
#define SHIMING_COMMON_TIME_FAKE_CLOCK_H_

#include <mutex>

#include "absl/time/time.h"
#include "common/time/clock.h"

namespace shiming {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_(now) {}

  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  // May be negative.
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
  }
  void Set(absl::Time now) {
    std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
};

}  // namespace shiming

#endif  // SHIMING_COMMON_TIME_FAKE_CLOCK_H_

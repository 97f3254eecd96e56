// Notices that the wall clock was set while we run (DESIGN 6).
#ifndef SHIMING_COMMON_TIME_CLOCK_WATCH_H_
#define SHIMING_COMMON_TIME_CLOCK_WATCH_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace shiming {

// Most that the wall clock may move against the monotonic one (DESIGN 6).
inline constexpr absl::Duration kMaxClockJump = absl::Seconds(30);

// Compares the two clocks with how they stood to each other when this was
// made. Slewing moves both on Linux, so what differs was set by somebody, or
// was slept through. Thread-safe.
class ClockWatch {
 public:
  // Time since some fixed moment.
  using MonotonicTime = std::function<absl::Duration()>;
  using WallTime = std::function<absl::Time()>;

  // The system's two clocks: whatever --insecure_clock adds is not looked at.
  ClockWatch();
  // Others; for tests.
  ClockWatch(WallTime wall, MonotonicTime monotonic);

  // How far the wall clock is ahead (behind: negative) of where it should be.
  absl::Duration Jump() const;
  // UNAVAILABLE while that is more than kMaxClockJump either way; OK again
  // once the clock is right.
  absl::Status Check() const;

 private:
  const WallTime wall_;
  const MonotonicTime monotonic_;
  const absl::Time zero_;  // wall time at monotonic time 0
};

}  // namespace shiming

#endif  // SHIMING_COMMON_TIME_CLOCK_WATCH_H_

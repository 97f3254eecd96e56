// Wall time behind an interface, so that tests own it.
#ifndef SHIMING_COMMON_TIME_CLOCK_H_
#define SHIMING_COMMON_TIME_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace shiming {

// Tells the wall time. Implementations are thread-safe. Deadlines of calls and
// timers are not measured with it but with the monotonic clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The system's clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// The system's clock plus an offset in seconds that stands in a file; for
// --insecure_clock only. The file holds one decimal number ("86400", "-3.5").
// It is read again at most every 50 ms. No file is offset 0; while the file is
// unreadable or holds anything else, the last offset stays. Change it by
// writing another file and renaming it.
class OffsetFileClock final : public Clock {
 public:
  explicit OffsetFileClock(std::string file);

  absl::Time Now() const override;

 private:
  void ReadFile() const;

  const std::string file_;
  mutable std::mutex reading_;
  // absl::Duration as nanoseconds, and the monotonic time of the next read.
  mutable std::atomic<int64_t> offset_nanos_{0};
  mutable std::atomic<int64_t> next_read_nanos_{0};
};

// Microseconds since 1970 UTC: the form in which times are stored. Rounds
// towards the past.
int64_t ToMicros(absl::Time time);
absl::Time FromMicros(int64_t micros);

}  // namespace shiming

#endif  // SHIMING_COMMON_TIME_CLOCK_H_

#include "common/time/clock_watch.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace shiming {

ClockWatch::ClockWatch()
    : ClockWatch([] { return absl::Now(); },
                 [] {
                   return absl::FromChrono(
                       std::chrono::steady_clock::now().time_since_epoch());
                 }) {}

ClockWatch::ClockWatch(WallTime wall, MonotonicTime monotonic)
    : wall_(std::move(wall)),
      monotonic_(std::move(monotonic)),
      zero_(wall_() - monotonic_()) {}

absl::Duration ClockWatch::Jump() const {
  return wall_() - monotonic_() - zero_;
}

absl::Status ClockWatch::Check() const {
  const absl::Duration jump = Jump();
  if (absl::AbsDuration(jump) <= kMaxClockJump) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      "the clock has jumped by ", absl::FormatDuration(jump),
      " since the start: set it right, or restart if it is right now"));
}

}  // namespace shiming

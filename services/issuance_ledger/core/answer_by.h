// How long a call may be held.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ANSWER_BY_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ANSWER_BY_H_

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace shiming::issuance_ledger {

// An answer must be on its way this long before the caller's deadline.
inline constexpr absl::Duration kAnswerMargin = absl::Milliseconds(30);
// No call is held longer, whatever its deadline.
inline constexpr absl::Duration kMaxHold = absl::Minutes(10);

// When a call with this deadline (real time) must be answered, by the
// monotonic clock.
inline std::chrono::steady_clock::time_point AnswerBy(absl::Time deadline) {
  const absl::Duration left =
      std::min(deadline - absl::Now() - kAnswerMargin, kMaxHold);
  return std::chrono::steady_clock::now() +
         absl::ToChronoMicroseconds(std::max(left, absl::ZeroDuration()));
}

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_ANSWER_BY_H_

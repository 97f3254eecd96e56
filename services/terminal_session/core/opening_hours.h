// When a shop's terminals may sign in.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_OPENING_HOURS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_OPENING_HOURS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shiming/terminal/v1/terminal_resources.pb.h"

namespace shiming::terminal_session {

// OK when each entry is within the ranges of OpeningHours and there are at most
// kMaxOpeningHours; INVALID_REQUEST naming the field otherwise.
inline constexpr int kMaxOpeningHours = 21;  // three times a day
absl::Status CheckOpeningHours(const terminal::v1::Shop& shop);

// Whether the shop is open at `now` by the clock on its wall: China has one
// time zone, UTC+8 without daylight saving time (Asia/Shanghai since 1992).
// An hour range holds from its first minute up to, not including, its last.
bool IsOpenAt(const terminal::v1::Shop& shop, absl::Time now);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_OPENING_HOURS_H_

// How failed sign-ins lock a clerk id.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_FAILURE_WINDOW_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_FAILURE_WINDOW_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace shiming::terminal_session {

// DESIGN 4: lock after 5 failures in 15 minutes, for 15 minutes.
struct LockPolicy {
  int failure_limit = 5;
  absl::Duration window = absl::Minutes(15);
  absl::Duration lock_time = absl::Minutes(15);
};

// The recent failures of one clerk id and its lock. A plain value; the store
// keeps it as bytes.
class FailureWindow {
 public:
  FailureWindow() = default;
  // From Serialize() and the stored lock. Bytes of another length are taken
  // as no failures.
  FailureWindow(std::string_view bytes, std::optional<absl::Time> locked_until);

  // Whether sign-ins are refused at `now`.
  bool IsLocked(absl::Time now) const;

  // Counts a failure at `now`. True when this one locks the id. A failure
  // while locked (one that was on its way) neither counts nor prolongs.
  bool Add(absl::Time now, const LockPolicy& policy);

  // Failures that still count, 8 bytes (big-endian microseconds) each.
  std::string Serialize() const;
  std::optional<absl::Time> locked_until() const { return locked_until_; }

 private:
  std::vector<absl::Time> failures_;
  std::optional<absl::Time> locked_until_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_FAILURE_WINDOW_H_

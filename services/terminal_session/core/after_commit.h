// Wakes those who wait for what was committed.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_AFTER_COMMIT_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_AFTER_COMMIT_H_

#include <functional>

namespace shiming::terminal_session {

// Only for speed: whoever is not woken looks by itself a little later. Both
// are thread-safe and cheap.
struct AfterCommit {
  // An event was committed: the relay sends it now.
  std::function<void()> event;
  // Something has ended, by an event: streams hear of it now, too.
  std::function<void()> end;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_AFTER_COMMIT_H_

// Ends by time, and the record of all ends that WatchEnds sends.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_END_STORE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_END_STORE_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/records.h"

namespace shiming::terminal_session {

// Thread-safe.
class EndStore {
 public:
  template <class T>
  using Result = boost::asio::awaitable<absl::StatusOr<T>>;

  virtual ~EndStore() = default;

  // At most `limit` ends with a cursor above `after`, in order. What committed
  // first has the smaller cursor, so nothing appears behind a reader.
  virtual Result<std::vector<EndRecord>> ReadEnds(int64_t after, int limit) = 0;

  // Cursor of the newest end, also when it is no longer kept; 0 before the
  // first.
  virtual Result<int64_t> NewestCursor() = 0;

  // Ends at most `limit` sessions, then shifts, whose time has run out at
  // `now`, each in a transaction of its own. How many it ended.
  virtual Result<int> EndDue(absl::Time now, int limit) = 0;

  // Deletes what is no longer needed: ends, nonces and locks older than
  // `before`, idempotency keys past their time. At most `limit` rows of each;
  // true when there is more.
  virtual Result<bool> DeleteOld(absl::Time before, int limit) = 0;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_END_STORE_H_

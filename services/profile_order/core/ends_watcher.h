// Follows the ends of sessions and revocations: cancels orders, ends streams.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ENDS_WATCHER_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ENDS_WATCHER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/time/clock.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_worker.h"
#include "services/profile_order/core/standings.h"

namespace shiming::profile_order {

// One message of WatchEnds.
struct EndNotice {
  enum class Kind {
    kHeartbeat,
    kSession,
    kShift,
    kTerminal,
    kDisplay,
    kClerk,
    kShop,
  };
  int64_t cursor = 0;
  Kind kind = Kind::kHeartbeat;
  std::string id;
  bool revoked = false;  // a session that a revocation ended
};

// terminal_session's WatchEnds. Thread-safe.
class EndsSource {
 public:
  using OnNotice = std::function<boost::asio::awaitable<void>(EndNotice)>;

  virtual ~EndsSource() = default;
  // Calls `on_notice` for each message, one after the other, until the stream
  // ends; gives why it did. One at a time.
  virtual boost::asio::awaitable<absl::Status> Watch(int64_t after,
                                                     OnNotice on_notice) = 0;
  // Ends a Watch that is under way.
  virtual void Cancel() = 0;
};

// Every instance follows all ends, for its own streams; orders are cancelled by
// whichever comes first, by compare-and-swap. Where they have come to is stored
// for the next start, whoever is further. Thread-safe. What it is given must
// outlive it and the executor's work.
class EndsWatcher {
 public:
  // Without a heartbeat for so long the source counts as away (DESIGN 5).
  static constexpr absl::Duration kAway = absl::Seconds(1);

  struct Deps {
    OrderBook& book;
    OrderWorker& worker;
    const OrderMachine& machine;
    Standings& standings;
    EndsSource& source;
    const Clock& clock;
    boost::asio::any_io_executor executor;
  };
  explicit EndsWatcher(Deps deps);
  ~EndsWatcher();
  EndsWatcher(const EndsWatcher&) = delete;
  EndsWatcher& operator=(const EndsWatcher&) = delete;

  void Start();
  // Waits for what is under way; never on a thread of the executor.
  void Stop();

  // True while ends may go unnoticed: streams must not be open.
  bool away() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ENDS_WATCHER_H_

// The order worker (DESIGN 3, "One path for every order"): sends every ES2+
// call, lets time run out, and after a crash finds the same rows.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_WORKER_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_WORKER_H_

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_vault.h"
#include "services/profile_order/core/run_store.h"
#include "services/profile_order/core/wake_signal.h"
#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order {

// Serial for each order, concurrent over orders. Where several instances work
// on one database each sends the calls that it has stored and leaves the
// others' to them until their runs are over (RunStore); one of them looks for
// what is due. Every change is a compare-and-swap, so nothing rests on either.
// Thread- safe. What it is given must outlive it.
class OrderWorker {
 public:
  struct Options {
    // How often due orders are looked for.
    absl::Duration scan = absl::Milliseconds(500);
    // Before the second attempt of a call; doubles with each, up to the most.
    absl::Duration first_backoff = absl::Milliseconds(200);
    absl::Duration most_backoff = absl::Seconds(10);
    // Of the right to look for due orders, and of this run: so long what it had
    // in hand is left alone when it is gone. Renewed after half of it.
    absl::Duration lease = absl::Seconds(10);
    // Names this instance for ever: it takes its own lease at once, and its
    // earlier runs are over.
    std::string holder = "1";
  };
  struct Deps {
    OrderBook& book;
    RunStore& runs;
    const OrderMachine& machine;
    const OrderVault& vault;
    // By configured id.
    std::map<std::string, smdp::SmdpPort*> smdps;
    const Clock& clock;
    Metrics& metrics;
    boost::asio::any_io_executor executor;
    Options options;
  };
  explicit OrderWorker(Deps deps);
  ~OrderWorker();
  OrderWorker(const OrderWorker&) = delete;
  OrderWorker& operator=(const OrderWorker&) = delete;

  // Says that this run is at work. Before any order is changed by this process,
  // where others work on the same database; Start does it, too, by and by.
  Awaitable<absl::Status> BeginRun();
  // Begins to look for due orders, first of all for what an earlier run left.
  void Start();
  // Begins no more calls and waits for those under way; what they answer is
  // stored. Never on a thread of the executor.
  void Stop();
  // Says that this run is over and gives its lease back, so that others take
  // over at once what it has left. Once, after Stop.
  Awaitable<absl::Status> EndRun();

  // The order may have work.
  void Poke(const std::string& order_id);

  // True when no order is in hand; for tests.
  bool idle() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_WORKER_H_

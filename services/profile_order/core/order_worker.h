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
#include "services/profile_order/core/wake_signal.h"
#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order {

// Serial for each order, concurrent over orders. Thread-safe. What it is given
// must outlive it.
class OrderWorker {
 public:
  struct Options {
    // How often due orders are looked for.
    absl::Duration scan = absl::Milliseconds(500);
    // Before the second attempt of a call; doubles with each, up to the most.
    absl::Duration first_backoff = absl::Milliseconds(200);
    absl::Duration most_backoff = absl::Seconds(10);
    // Of the right to look for due orders; renewed with each scan.
    absl::Duration lease = absl::Seconds(10);
    // Names this instance for ever: it takes its own lease at once.
    std::string holder = "1";
  };
  struct Deps {
    OrderBook& book;
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

  // Begins to look for due orders, first of all for what an earlier run left.
  void Start();
  // Begins no more calls and waits for those under way; what they answer is
  // stored. Never on a thread of the executor.
  void Stop();

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

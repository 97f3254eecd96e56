// Wakes the streams of this process when another instance has changed their
// order.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_CHANGE_FEED_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_CHANGE_FEED_H_

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "services/profile_order/core/change_store.h"
#include "services/profile_order/core/order_hub.h"

namespace shiming::profile_order {

// One look into the database every kPeriod for all streams together, and none
// while there is no stream. What this process commits wakes them without it.
// Only for a database that other processes write to. Thread-safe.
class ChangeFeed {
 public:
  static constexpr absl::Duration kPeriod = absl::Milliseconds(100);
  // More changes between two looks, as after an outage, wake all streams.
  static constexpr int64_t kMostChanges = 2000;

  // All but the executor must outlive the feed and the executor's work.
  struct Deps {
    ChangeStore& store;
    OrderHub& hub;
    Metrics& metrics;
    boost::asio::any_io_executor executor;
  };
  explicit ChangeFeed(Deps deps);
  // Stops.
  ~ChangeFeed();
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  // Once.
  void Start();
  // Waits for the look under way; never on a thread of the executor.
  void Stop();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_CHANGE_FEED_H_

// The orders of the null pipeline's profile_order, in memory.
#ifndef SHIMING_TESTS_BENCH_NULL_ORDER_BOARD_H_
#define SHIMING_TESTS_BENCH_NULL_ORDER_BOARD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/rpc/stream_writer.h"
#include "shiming/order/v1/order_resources.pb.h"

namespace shiming::bench {

// Who stands at what, and who wants to be told. An order's id is an ICCID, so
// that a notice names it. Thread-safe.
class NullOrderBoard {
 public:
  // A new order in ORDERING; it is the one that its display shows.
  order::v1::ProfileOrder Add(order::v1::ProfileOrder draft);

  // Sets the state and wakes the watchers; unknown orders are left alone.
  void Advance(const std::string& order_id, order::v1::ProfileOrderState state);

  std::optional<order::v1::ProfileOrder> Find(const std::string& order_id);
  std::optional<order::v1::ProfileOrder> ShownOn(const std::string& display);

  // Wakes `signal` at each change of the order or on the display.
  void Watch(const std::string& order_id_or_display,
             const std::shared_ptr<rpc::StreamSignal>& signal);

  // Forgets an order that nobody will ask for any more.
  void Remove(const std::string& order_id);

 private:
  using Signals = std::vector<std::weak_ptr<rpc::StreamSignal>>;

  void Wake(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::mutex mutex_;
  int64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, order::v1::ProfileOrder> orders_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> shown_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Signals> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_ORDER_BOARD_H_

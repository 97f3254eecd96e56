// The streams of orders: WatchOrder and WatchDisplay.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_ORDER_STREAMS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_ORDER_STREAMS_H_

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/stream_writer.h"
#include "services/profile_order/core/ends_watcher.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/orders.h"
#include "services/profile_order/core/ports.h"
#include "shiming/order/v1/order_service.pb.h"

namespace shiming::profile_order {

// Woken by the hub, each wake-up costs one indexed read; a stream never looks
// by itself. While terminal_session is away streams are refused, and those that
// are open end with DEPENDENCY_UNAVAILABLE. Thread-safe; all that it is given
// must outlive it.
class OrderStreams {
 public:
  struct Deps {
    OrderBook& book;
    Orders& orders;
    SessionAuthority& authority;
    const EndsWatcher& ends;
  };
  explicit OrderStreams(Deps deps) : deps_(deps) {}

  // Ends after the order's end, the session's, or a revocation.
  Awaitable<absl::Status> WatchOrder(
      const rpc::Call& call, const order::v1::WatchOrderRequest& request,
      rpc::StreamWriter<order::v1::WatchOrderResponse>& writer);

  // Ends when the display or its shop is revoked.
  Awaitable<absl::Status> WatchDisplay(
      const rpc::Call& call,
      rpc::StreamWriter<order::v1::WatchDisplayResponse>& writer);

 private:
  // How a stream ends that was told to, or whose order or client is gone.
  absl::Status EndOf(bool was_ended) const;

  const Deps deps_;
};

// The caller of a unary call or stream.
Caller CallerOf(const rpc::Call& call);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_ORDER_STREAMS_H_

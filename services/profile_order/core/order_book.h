// The order store with what follows a committed change: streams are woken, the
// relay is poked, transitions are counted.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_BOOK_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_BOOK_H_

#include <optional>
#include <string>

#include "common/metrics/metrics.h"
#include "common/time/clock.h"
#include "services/profile_order/core/order_hub.h"
#include "services/profile_order/core/order_store.h"
#include "services/profile_order/core/ports.h"

namespace shiming::profile_order {

// Thread-safe. All that it is given must outlive it.
class OrderBook {
 public:
  struct Deps {
    OrderStore& store;
    OrderHub& hub;
    Record& record;
    const Clock& clock;
    Metrics& metrics;
  };
  explicit OrderBook(Deps deps) : deps_(deps) {}

  OrderStore& store() { return deps_.store; }
  OrderHub& hub() { return deps_.hub; }

  // As OrderStore::Create.
  Awaitable<absl::StatusOr<Order>> Create(NewOrder order);

  // As OrderStore::Update; gives the order's present state.
  Awaitable<absl::StatusOr<Order>> Update(
      std::string order_id, Decide decide,
      std::optional<RequestKey> request = std::nullopt);

  Awaitable<absl::StatusOr<NoticeOutcome>> AddNotice(DownloadNotice notice,
                                                     int64_t received_us,
                                                     DecideNotice decide,
                                                     ledger::v1::Event stray);
  Awaitable<absl::StatusOr<Order>> ApplyPendingNotices(std::string order_id,
                                                       DecideNotice decide);

 private:
  void Announce(const Updated& updated);

  const Deps deps_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_BOOK_H_

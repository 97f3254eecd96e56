// Step 7: notices of the SM-DP+ on their way into the orders.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_NOTICE_INTAKE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_NOTICE_INTAKE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "services/profile_order/core/notice.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_worker.h"

namespace shiming::profile_order {

// A body as it arrived, made a notice of `smdp_peer`. Texts that are stored are
// cut down to what the specification allows. INVALID_REQUEST naming the member.
absl::StatusOr<DownloadNotice> ReadNotice(std::string_view body,
                                          std::string_view smdp_peer);

// Thread-safe. All that it is given must outlive it.
class NoticeIntake {
 public:
  struct Deps {
    OrderBook& book;
    OrderWorker& worker;
    const OrderMachine& machine;
    const OrderEvents& events;
    const Clock& clock;
  };
  explicit NoticeIntake(Deps deps) : deps_(deps) {}

  // OK once it is durable, also when it came before or belongs to no order of
  // that peer (which alarms).
  Awaitable<absl::Status> Take(std::string smdp_peer, std::string body,
                               int64_t received_us);

 private:
  const Deps deps_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_NOTICE_INTAKE_H_

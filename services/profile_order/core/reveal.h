// Step 6: permit, release, record, then the code (DESIGN 3, "The reveal").
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_REVEAL_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_REVEAL_H_

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ids/activation_code.h"
#include "common/time/clock.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_vault.h"
#include "services/profile_order/core/order_worker.h"
#include "services/profile_order/core/ports.h"

namespace shiming::profile_order {

// A code that may be shown.
struct RevealedCode {
  ActivationCode code;
  absl::Time expire_time;
};

// Thread-safe. All that it is given must outlive it.
class Reveals {
 public:
  struct Deps {
    OrderBook& book;
    OrderWorker& worker;
    const OrderMachine& machine;
    const OrderVault& vault;
    SessionAuthority& authority;
    Record& record;
    const Clock& clock;
    boost::asio::any_io_executor executor;
  };
  explicit Reveals(Deps deps) : deps_(std::move(deps)) {}

  // The code, for the display that asks. The same request goes on from where
  // it stopped; a client's deadline ends the waiting, not the work.
  // ORDER_OTHER_DISPLAY, ORDER_NOT_READY, REVEAL_TAKEN, CODE_USED, CODE_DEAD;
  // those of SessionAuthority; DATA_LOSS when the ledger refuses the reveal;
  // UNAVAILABLE (REVEAL_UNDER_WAY) when it is not through by the deadline.
  Awaitable<absl::StatusOr<RevealedCode>> Reveal(Caller display,
                                                 std::string request_id,
                                                 std::string order_id);

 private:
  Awaitable<absl::StatusOr<Order>> PermitAndRelease(const Caller& display,
                                                    const Standing& standing,
                                                    std::string request_id,
                                                    Order order);
  Awaitable<absl::StatusOr<Order>> WaitWhileRevealing(const Caller& display,
                                                      std::string order_id);

  int64_t Now() const { return ToMicros(deps_.clock.Now()); }

  const Deps deps_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_REVEAL_H_

// Gives back numbers whose reservation is over and forgets old requests.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_HOUSEKEEPER_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_HOUSEKEEPER_H_

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/profile_order/core/order_store.h"

namespace shiming::profile_order {

// Runs its tasks one after the other, again and again. Thread-safe. What the
// tasks use must outlive the executor's work.
class Housekeeper {
 public:
  // Does a part of the work; gives how much, 0 when nothing is left.
  using Task = std::function<Awaitable<absl::StatusOr<int64_t>>()>;

  Housekeeper(boost::asio::any_io_executor executor, absl::Duration interval,
              std::vector<Task> tasks);
  ~Housekeeper();

  void Start();
  // Waits for the task under way; never on a thread of the executor.
  void Stop();

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_HOUSEKEEPER_H_

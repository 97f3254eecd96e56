// What other instances have changed: orders by the numbers of their changes.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_CHANGE_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_CHANGE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/profile_order/core/order_store.h"

namespace shiming::profile_order {

// Routes are 0 to 255: the first byte of an order's id.
inline constexpr size_t kRouteCount = 256;

// By route the number of its newest change; empty: nothing is known yet.
using ChangeMarks = std::vector<int64_t>;

struct ChangedOrder {
  std::string order_id;
  std::string display;  // "<shop>/<display>"
  int64_t version = 0;
};

// One look.
struct ChangeLook {
  // Where the next look goes on.
  ChangeMarks marks;
  // Each order once, as it stands. Empty after a look without marks.
  std::vector<ChangedOrder> orders;
  // There were more changes than the look was to name: any order may have
  // changed.
  bool is_too_many = false;
};

// Every change of an order takes the next number of its route, from a row that
// stays locked until the change is committed or undone. So the numbers of a
// route become visible in their order, and nothing appears behind a mark,
// however late its transaction commits; at any isolation level. Thread-safe.
class ChangeStore {
 public:
  virtual ~ChangeStore() = default;

  // What was committed behind `after`, at most `limit` changes, in one snapshot
  // of the database.
  virtual Awaitable<absl::StatusOr<ChangeLook>> Look(ChangeMarks after,
                                                     int64_t limit) = 0;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_CHANGE_STORE_H_

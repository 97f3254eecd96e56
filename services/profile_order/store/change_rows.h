// The numbers of changes: see core/change_store.h.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_CHANGE_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_CHANGE_ROWS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Takes the next number of the order's route. Its row stays locked until the
// transaction ends: to be taken before any other row that two orders can share.
// Runs the transaction again when another one made the route's row just now.
absl::StatusOr<int64_t> NextChangeNumber(sql::Transaction& tx, int64_t route);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_CHANGE_ROWS_H_

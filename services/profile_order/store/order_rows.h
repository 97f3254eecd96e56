// The rows of orders and of their ES2+ calls, and the SQL on them.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_ORDER_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_ORDER_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// The distribution column of everything that belongs to a person: the first
// byte of an id made by NewId, 0 to 255.
int64_t RouteOf(std::string_view id);

// ORDER_UNKNOWN if there is none.
absl::StatusOr<Order> ReadOrder(sql::Snapshot& snapshot,
                                std::string_view order_id);

// The order, its key and its call. order.version must be 1.
absl::Status InsertOrder(sql::Transaction& tx, const Order& order);

// Stores `after` (version already increased) in place of `before`; runs the
// transaction again when another one was faster.
absl::Status UpdateOrder(sql::Transaction& tx, const Order& before,
                         const Order& after);

absl::Status InsertObservation(sql::Transaction& tx, const Order& order,
                               const Observation& observation);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_ORDER_ROWS_H_

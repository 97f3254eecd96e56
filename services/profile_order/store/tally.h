// What stands in the tables, counted: for tests.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_TALLY_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_TALLY_H_

#include <cstdint>

#include "services/profile_order/core/order.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

struct Tally {
  int64_t orders = 0;
  int64_t attestations_spent = 0;
  int64_t person_live = 0;  // sums
  int64_t eid_live = 0;
  int64_t numbers_free = 0;
  int64_t numbers_reserved = 0;
  int64_t numbers_assigned = 0;
  int64_t iccids_available = 0;
  int64_t iccids_ordered = 0;
  int64_t iccids_installed = 0;
  int64_t iccids_held = 0;
  int64_t iccids_unavailable = 0;
  // Numbers and ICCIDs that stand in more than one order that is in progress.
  int64_t numbers_twice = 0;
  int64_t iccids_twice = 0;
  int64_t observations = 0;
};

// Ends the process when it cannot be taken.
Tally TakeTally(sql::Database& database);

// Writes the state of all orders, as someone with access to the file could.
void SetStateByHand(sql::Database& database, OrderState state);

// Brings back what erasing the order's person took, as a copy of the database
// from before does: `before` is the order as it was, and its key.
void UndoErasure(sql::Database& database, const Order& before);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_TALLY_H_

// Brings an older copy of profile_order's database up to the record: what the
// record holds stays held, and nothing goes on that cannot be known.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/profile_order/core/order_events.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/record_gap.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

struct RepairContext {
  // Its clock must tell a later time at each call. Must outlive the call.
  const outbox::Outbox& outbox;
  // Makes pseudonyms by K: the one that the record was made with.
  const OrderEvents& events;
  int64_t now_us = 0;
};

// In the transaction in which the gap's versions were adopted, before this
// call. Orders of the copy that went on become what the record proves, or
// FROZEN with an event; those that the record alone knows are stored as
// recorded_orders and take attestation, counts, number and ICCID; in flight
// they are frozen on the record, installed ones closed. Gives a line for each
// change, for the plan: the same for the same database and gap, whenever it
// runs. Reads the stock as far as it must. Statements' errors; INTERNAL_ERROR
// for events that do not fit together.
absl::StatusOr<std::vector<std::string>> RepairDatabase(
    sql::Transaction& tx, const outbox::RecordGap& gap,
    const RepairContext& context);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_H_

// What the record says about orders that an older copy of profile_order's
// database does not know, put in order for the repair.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_FACTS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_FACTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/profile_order/core/order.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/outbox/record_gap.h"

namespace shiming::profile_order {

// An order with events in the gap.
struct OrderFacts {
  std::string order_id;
  std::optional<ledger::v1::Event> placed;  // nullopt: before the gap
  ledger::v1::Event last;
  // CLOSED, CANCELLED, EXPIRED, FAILED, FROZEN or INSTALLED by its events;
  // nullopt: it was still under way.
  std::optional<OrderState> proven;
  // Its last event is a download by another EID, whose ALARM is missing.
  bool unalarmed = false;
};

struct RepairFacts {
  std::vector<OrderFacts> orders;          // by their first entry
  std::vector<ledger::v1::Event> imports;  // INVENTORY_IMPORTED
};

// INTERNAL_ERROR for an event that this service does not write.
absl::StatusOr<RepairFacts> FactsOf(const outbox::RecordGap& gap);

// An event of `kind` that says of the order what `recorded`, one of its events,
// says: place, person, pseudonyms, SM-DP+.
ledger::v1::Event DraftFrom(const ledger::v1::Event& recorded,
                            ledger::v1::EventKind kind);

// The recorded pseudonym of that field; empty when there is none.
std::string PseudonymIn(const ledger::v1::Event& event,
                        ledger::v1::PseudonymField field);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_FACTS_H_

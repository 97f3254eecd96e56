// Which EIDs, ICCIDs and numbers of the database have which pseudonyms.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_STOCK_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_STOCK_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/profile_order/core/order_events.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Pseudonyms that are looked for, 32 bytes each.
struct WantedValues {
  std::set<std::string> eids;
  std::set<std::string> iccids;
  std::set<std::string> msisdns;
};

// What was found, by pseudonym.
struct FoundValues {
  std::map<std::string, std::string> eids;
  std::map<std::string, std::string> iccids;
  std::map<std::string, std::string> msisdns;
};

// Reads eid_usage, iccids and numbers page by page, each until all that is
// wanted of it was found. Errors are the database's.
absl::StatusOr<FoundValues> FindValues(sql::Snapshot& snapshot,
                                       const OrderEvents& events,
                                       const WantedValues& wanted);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_REPAIR_STOCK_H_

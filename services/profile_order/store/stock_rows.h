// Numbers, ICCIDs and counts: what a transition changes beside the order.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_STOCK_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_STOCK_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// States of a number (DESIGN 4); stored.
enum class NumberState : int64_t {
  kFree = 0,
  kReserved = 1,
  kAssigned = 2,
  kQuarantined = 3,
};

// States of an ICCID (DESIGN 4); stored.
enum class IccidState : int64_t {
  kAvailable = 0,
  kOrdered = 1,
  kInstalled = 2,
  kHeld = 3,
  kUnavailable = 4,
};

// The distribution column of a number with country code: its first seven
// digits without it.
std::string SegmentOf(std::string_view msisdn);
// The distribution column of an ICCID: its first twelve digits.
std::string BatchOf(std::string_view iccid);

// +1 when `live + elsewhere` stays below `limit`, else the reason; gives the
// new count.
absl::StatusOr<int64_t> AddToPerson(sql::Transaction& tx,
                                    std::string_view person_id,
                                    int64_t elsewhere, int64_t limit);
// `eid_pseudonym`: as in the record, 32 bytes. An EID that is seen for the
// first time starts with what orders hold of it that the record alone knows.
absl::StatusOr<int64_t> AddToEid(sql::Transaction& tx, std::string_view eid,
                                 std::string_view eid_pseudonym, int64_t limit);
absl::Status TakeFromPerson(sql::Transaction& tx, std::string_view person_id);
absl::Status TakeFromEid(sql::Transaction& tx, std::string_view eid);

// RESERVED -> ASSIGNED for the session's reservation; gives the number.
// RESERVATION_EXPIRED when it is not there or too old.
absl::StatusOr<std::string> AssignNumber(sql::Transaction& tx,
                                         const Order& order, int64_t now_us);

struct TakenIccid {
  std::string iccid;
  std::string smdp;
};
// AVAILABLE -> ORDERED for any of the profile type, from `pick` on.
// ICCID_OUT_OF_STOCK.
absl::StatusOr<TakenIccid> TakeIccid(sql::Transaction& tx, const Order& order,
                                     int64_t pick);

// Number, ICCID and counts of a transition.
absl::Status StoreEffects(sql::Transaction& tx, const Change& change);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_STOCK_ROWS_H_

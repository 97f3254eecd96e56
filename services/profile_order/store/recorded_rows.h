// Orders that the database has lost and the record holds, by pseudonym
// (ADR 13): what they hold stays held.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_RECORDED_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_RECORDED_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Pseudonyms are 32 bytes; eid, iccid and msisdn are empty until they are seen.
struct RecordedOrder {
  std::string order_id;
  std::string person_id;
  OrderState state = OrderState::kFrozen;
  int64_t recorded_us = 0;  // when it came into that state
  std::string eid_pseudonym;
  std::string iccid_pseudonym;
  std::string msisdn_pseudonym;
  std::string eid;
  std::string iccid;
  std::string msisdn;
};

// False for CANCELLED, EXPIRED and FAILED, which hold no number, and no place
// below a limit.
bool HoldsNumber(OrderState state);

absl::Status InsertRecordedOrder(sql::Transaction& tx,
                                 const RecordedOrder& order);

// How many hold a place on an EID that was not seen yet.
absl::StatusOr<int64_t> CountRecordedOnEid(sql::Snapshot& snapshot,
                                           std::string_view eid_pseudonym);

// The EID is seen from now on: its row of eid_usage, which is new, gets their
// count.
absl::Status TakeOverRecordedEid(sql::Transaction& tx, std::string_view eid,
                                 std::string_view eid_pseudonym);

// Whether a number or an ICCID of such an order was not seen yet.
absl::StatusOr<bool> HasUnseenStock(sql::Snapshot& snapshot);

// The ICCID or number, which is in stock, is taken out of it when such an
// order, not seen so far, holds it. True when it was. An ICCID becomes HELD, or
// INSTALLED where the record says so; HELD also of an order that ended, since
// the record does not say what became of the profile.
absl::StatusOr<bool> TakeRecordedIccid(sql::Transaction& tx,
                                       std::string_view iccid,
                                       std::string_view pseudonym);
absl::StatusOr<bool> TakeRecordedNumber(sql::Transaction& tx,
                                        std::string_view msisdn,
                                        std::string_view pseudonym);

// 0 when the person has none: when the newest one came into its state.
absl::StatusOr<int64_t> NewestRecordedOf(sql::Snapshot& snapshot,
                                         std::string_view person_id);

// Takes EID, ICCID and number out of the person's, which all have ended.
absl::Status ForgetRecordedValues(sql::Transaction& tx,
                                  std::string_view person_id);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_RECORDED_ROWS_H_

#include "services/profile_order/store/recorded_rows.h"

#include <optional>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/store/order_rows.h"
#include "services/profile_order/store/stock_rows.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

Value Text(std::string_view text) { return Value::Text(std::string(text)); }
Value Bytes(std::string_view bytes) { return Value::Bytes(std::string(bytes)); }
Value State(OrderState state) {
  return Value::Int(static_cast<int64_t>(state));
}

// Routes and order ids, in one row each. `select` has the pseudonym as $1.
absl::StatusOr<sql::Rows> OrdersOf(sql::Snapshot& snapshot,
                                   std::string_view select,
                                   std::string_view pseudonym) {
  return snapshot.Query(select, {Bytes(pseudonym)});
}

// Notes in each of them what was seen. `update` has the value as $1, route and
// order id as $2 and $3.
absl::Status NoteSeen(sql::Transaction& tx, const sql::Rows& orders,
                      std::string_view update, std::string_view value) {
  for (const sql::Row& order : orders) {
    RETURN_IF_ERROR(tx.ExecuteOne(
        update,
        {Text(value), Value::Int(order.Int(0)), Value::Text(order.Text(1))},
        Reason::INTERNAL_ERROR));
  }
  return absl::OkStatus();
}

}  // namespace

bool HoldsNumber(OrderState state) {
  return state != OrderState::kCancelled && state != OrderState::kExpired &&
         state != OrderState::kFailed;
}

absl::Status InsertRecordedOrder(sql::Transaction& tx,
                                 const RecordedOrder& order) {
  return tx.ExecuteOne(
      "INSERT INTO recorded_orders (route, order_id, person_id, state, "
      "recorded_us, eid_pseudonym, iccid_pseudonym, msisdn_pseudonym, eid, "
      "iccid, msisdn) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      {Value::Int(RouteOf(order.order_id)), Value::Text(order.order_id),
       Value::Text(order.person_id), State(order.state),
       Value::Int(order.recorded_us), Value::Bytes(order.eid_pseudonym),
       Value::Bytes(order.iccid_pseudonym),
       Value::Bytes(order.msisdn_pseudonym), Value::TextOrNull(order.eid),
       Value::TextOrNull(order.iccid), Value::TextOrNull(order.msisdn)});
}

absl::StatusOr<int64_t> CountRecordedOnEid(sql::Snapshot& snapshot,
                                           std::string_view eid_pseudonym) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      snapshot.Query(
          "SELECT COUNT(*) FROM recorded_orders "
          "WHERE eid_pseudonym = $1 AND eid IS NULL "
          "AND state NOT IN ($2, $3, $4)",
          {Bytes(eid_pseudonym), State(OrderState::kCancelled),
           State(OrderState::kExpired), State(OrderState::kFailed)}));
  return rows.empty() ? 0 : rows.front().Int(0);
}

absl::Status TakeOverRecordedEid(sql::Transaction& tx, std::string_view eid,
                                 std::string_view eid_pseudonym) {
  ASSIGN_OR_RETURN(const int64_t held, CountRecordedOnEid(tx, eid_pseudonym));
  if (held == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const sql::Rows orders,
                   OrdersOf(tx,
                            "SELECT route, order_id FROM recorded_orders "
                            "WHERE eid_pseudonym = $1 AND eid IS NULL",
                            eid_pseudonym));
  RETURN_IF_ERROR(NoteSeen(tx, orders,
                           "UPDATE recorded_orders SET eid = $1 "
                           "WHERE route = $2 AND order_id = $3",
                           eid));
  return tx.ExecuteOne("UPDATE eid_usage SET live = $1 WHERE eid = $2",
                       {Value::Int(held), Text(eid)}, Reason::INTERNAL_ERROR);
}

absl::StatusOr<bool> HasUnseenStock(sql::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   snapshot.Query("SELECT order_id FROM recorded_orders "
                                  "WHERE iccid IS NULL OR msisdn IS NULL "
                                  "LIMIT $1",
                                  {Value::Int(1)}));
  return !rows.empty();
}

absl::StatusOr<bool> TakeRecordedIccid(sql::Transaction& tx,
                                       std::string_view iccid,
                                       std::string_view pseudonym) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      OrdersOf(tx,
               "SELECT route, order_id, state FROM recorded_orders "
               "WHERE iccid_pseudonym = $1 AND iccid IS NULL",
               pseudonym));
  if (rows.empty()) return false;
  IccidState state = IccidState::kHeld;
  for (const sql::Row& row : rows) {
    if (static_cast<OrderState>(row.Int(2)) == OrderState::kClosed) {
      state = IccidState::kInstalled;
    }
  }
  RETURN_IF_ERROR(tx.ExecuteOne(
      "UPDATE iccids SET state = $1, order_id = NULL, version = version + 1 "
      "WHERE batch = $2 AND iccid = $3",
      {Value::Int(static_cast<int64_t>(state)), Text(BatchOf(iccid)),
       Text(iccid)},
      Reason::INTERNAL_ERROR));
  RETURN_IF_ERROR(NoteSeen(tx, rows,
                           "UPDATE recorded_orders SET iccid = $1 "
                           "WHERE route = $2 AND order_id = $3",
                           iccid));
  return true;
}

absl::StatusOr<bool> TakeRecordedNumber(sql::Transaction& tx,
                                        std::string_view msisdn,
                                        std::string_view pseudonym) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      OrdersOf(tx,
               "SELECT route, order_id, state FROM recorded_orders "
               "WHERE msisdn_pseudonym = $1 AND msisdn IS NULL",
               pseudonym));
  if (rows.empty()) return false;
  std::string holder;
  for (const sql::Row& row : rows) {
    if (HoldsNumber(static_cast<OrderState>(row.Int(2)))) holder = row.Text(1);
  }
  if (!holder.empty()) {
    RETURN_IF_ERROR(tx.ExecuteOne(
        "UPDATE numbers SET state = $1, holder = NULL, expires_us = NULL, "
        "order_id = $2, version = version + 1 "
        "WHERE segment = $3 AND number = $4",
        {Value::Int(static_cast<int64_t>(NumberState::kAssigned)), Text(holder),
         Text(SegmentOf(msisdn)), Text(msisdn)},
        Reason::INTERNAL_ERROR));
  }
  RETURN_IF_ERROR(NoteSeen(tx, rows,
                           "UPDATE recorded_orders SET msisdn = $1 "
                           "WHERE route = $2 AND order_id = $3",
                           msisdn));
  return true;
}

absl::StatusOr<int64_t> NewestRecordedOf(sql::Snapshot& snapshot,
                                         std::string_view person_id) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   snapshot.Query("SELECT recorded_us FROM recorded_orders "
                                  "WHERE route = $1 AND person_id = $2 "
                                  "ORDER BY recorded_us DESC LIMIT $3",
                                  {Value::Int(RouteOf(person_id)),
                                   Text(person_id), Value::Int(1)}));
  return rows.empty() ? 0 : rows.front().Int(0);
}

absl::Status ForgetRecordedValues(sql::Transaction& tx,
                                  std::string_view person_id) {
  return tx
      .Execute(
          "UPDATE recorded_orders SET eid = NULL, iccid = NULL, msisdn = NULL "
          "WHERE route = $1 AND person_id = $2 AND (eid IS NOT NULL "
          "OR iccid IS NOT NULL OR msisdn IS NOT NULL)",
          {Value::Int(RouteOf(person_id)), Text(person_id)})
      .status();
}

}  // namespace shiming::profile_order

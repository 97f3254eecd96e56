#include "services/profile_order/store/tally.h"

#include <string_view>

#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "services/profile_order/store/order_rows.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

absl::Status Count(sql::Snapshot& snapshot, std::string_view text,
                   sql::Params params, int64_t& count) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   snapshot.Query(text, std::move(params)));
  count = rows.empty() || rows.front().IsNull(0) ? 0 : rows.front().Int(0);
  return absl::OkStatus();
}

absl::Status CountNumbers(sql::Snapshot& snapshot, int64_t state,
                          int64_t& count) {
  return Count(snapshot, "SELECT COUNT(*) FROM numbers WHERE state = $1",
               {Value::Int(state)}, count);
}

absl::Status CountIccids(sql::Snapshot& snapshot, int64_t state,
                         int64_t& count) {
  return Count(snapshot, "SELECT COUNT(*) FROM iccids WHERE state = $1",
               {Value::Int(state)}, count);
}

absl::Status Take(sql::Snapshot& snapshot, Tally& tally) {
  RETURN_IF_ERROR(
      Count(snapshot, "SELECT COUNT(*) FROM orders", {}, tally.orders));
  RETURN_IF_ERROR(Count(snapshot, "SELECT COUNT(*) FROM attestations_spent", {},
                        tally.attestations_spent));
  RETURN_IF_ERROR(Count(snapshot,
                        "SELECT CAST(SUM(live) AS BIGINT) FROM person_usage",
                        {}, tally.person_live));
  RETURN_IF_ERROR(Count(snapshot,
                        "SELECT CAST(SUM(live) AS BIGINT) FROM eid_usage", {},
                        tally.eid_live));
  RETURN_IF_ERROR(CountNumbers(snapshot, 0, tally.numbers_free));
  RETURN_IF_ERROR(CountNumbers(snapshot, 1, tally.numbers_reserved));
  RETURN_IF_ERROR(CountNumbers(snapshot, 2, tally.numbers_assigned));
  RETURN_IF_ERROR(CountIccids(snapshot, 0, tally.iccids_available));
  RETURN_IF_ERROR(CountIccids(snapshot, 1, tally.iccids_ordered));
  RETURN_IF_ERROR(CountIccids(snapshot, 2, tally.iccids_installed));
  RETURN_IF_ERROR(CountIccids(snapshot, 3, tally.iccids_held));
  RETURN_IF_ERROR(CountIccids(snapshot, 4, tally.iccids_unavailable));
  RETURN_IF_ERROR(Count(snapshot,
                        "SELECT COUNT(*) FROM (SELECT msisdn FROM orders "
                        "WHERE live = 1 GROUP BY msisdn HAVING COUNT(*) > 1) t",
                        {}, tally.numbers_twice));
  RETURN_IF_ERROR(Count(snapshot,
                        "SELECT COUNT(*) FROM (SELECT iccid FROM orders "
                        "WHERE live = 1 GROUP BY iccid HAVING COUNT(*) > 1) t",
                        {}, tally.iccids_twice));
  return Count(snapshot, "SELECT COUNT(*) FROM smdp_observations", {},
               tally.observations);
}

}  // namespace

Tally TakeTally(sql::Database& database) {
  Tally tally;
  const auto take = [&](sql::Snapshot& snapshot) {
    return Take(snapshot, tally);
  };
  SHIMING_CHECK(database.ReadBlocking(take).ok(), "tally");
  return tally;
}

void SetStateByHand(sql::Database& database, OrderState state) {
  const auto set = [&](sql::Transaction& tx) {
    return tx
        .Execute("UPDATE orders SET state = $1",
                 {Value::Int(static_cast<int64_t>(state))})
        .status();
  };
  SHIMING_CHECK(database.WriteBlocking(set).ok(), "by hand");
}

void UndoErasure(sql::Database& database, const Order& before) {
  const Value route = Value::Int(RouteOf(before.order_id));
  const Value order_id = Value::Text(before.order_id);
  const auto undo = [&](sql::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(
        tx.ExecuteOne("INSERT INTO order_keys (route, order_id, wrapped_key) "
                      "VALUES ($1, $2, $3)",
                      {route, order_id, Value::Bytes(before.wrapped_key)}));
    RETURN_IF_ERROR(tx.ExecuteOne(
        "UPDATE orders SET msisdn = $1, eid = $2, iccid = $3, sealed = $4 "
        "WHERE route = $5 AND order_id = $6",
        {Value::Text(before.msisdn), Value::Text(before.eid),
         Value::Text(before.iccid), Value::Bytes(before.sealed), route,
         order_id}));
    RETURN_IF_ERROR(
        tx.ExecuteOne("UPDATE person_usage SET erased_us = NULL "
                      "WHERE route = $1 AND person_id = $2",
                      {route, Value::Text(before.person_id)}));
    return tx.ExecuteOne("DELETE FROM ends_cursor WHERE name = $1",
                         {Value::Text("erasures")});
  };
  SHIMING_CHECK(database.WriteBlocking(undo).ok(), "undo");
}

}  // namespace shiming::profile_order

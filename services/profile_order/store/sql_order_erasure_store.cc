#include "services/profile_order/store/sql_order_erasure_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/status/status_macros.h"
#include "services/profile_order/store/cursor_rows.h"
#include "services/profile_order/store/lease_rows.h"
#include "services/profile_order/store/order_rows.h"
#include "services/profile_order/store/recorded_rows.h"
#include "services/profile_order/store/stock_rows.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

constexpr char kCursorName[] = "erasures";

Value Text(std::string_view text) { return Value::Text(std::string(text)); }

// Route and id of a person, as parameters $1 and $2.
sql::Params KeyOf(std::string_view person_id) {
  return {Value::Int(RouteOf(person_id)), Text(person_id)};
}

std::optional<ErasureRefusal> Against(ErasureRefusal refusal) {
  return refusal;
}

// What the person's orders say against an erasure.
absl::StatusOr<std::optional<ErasureRefusal>> RefusalOfOrders(
    sql::Snapshot& snapshot, std::string_view person_id,
    int64_t kept_since_us) {
  ASSIGN_OR_RETURN(
      const sql::Rows open,
      snapshot.Query("SELECT COUNT(*) FROM orders "
                     "WHERE route = $1 AND person_id = $2 AND live = 1",
                     KeyOf(person_id)));
  if (open.front().Int(0) > 0) {
    return Against({.reason = Reason::PERSON_HAS_OPEN_ORDERS});
  }
  ASSIGN_OR_RETURN(const sql::Rows newest,
                   snapshot.Query("SELECT state_us FROM orders "
                                  "WHERE route = $1 AND person_id = $2 "
                                  "ORDER BY state_us DESC LIMIT 1",
                                  KeyOf(person_id)));
  ASSIGN_OR_RETURN(const int64_t recorded_us,
                   NewestRecordedOf(snapshot, person_id));
  const int64_t newest_us =
      std::max(newest.empty() ? 0 : newest.front().Int(0), recorded_us);
  if (newest_us != 0 && newest_us >= kept_since_us) {
    return Against(
        {.reason = Reason::RETENTION_NOT_OVER, .newest_end_us = newest_us});
  }
  return std::optional<ErasureRefusal>();
}

absl::StatusOr<std::optional<ErasureRefusal>> CloseInside(
    sql::Transaction& tx, const std::string& person_id, int64_t kept_since_us,
    int64_t now_us, int64_t lease_epoch) {
  RETURN_IF_ERROR(FenceLease(tx, kErasureLease, lease_epoch));
  RETURN_IF_ERROR(
      tx.InsertIgnore("INSERT INTO person_usage (route, person_id, live) "
                      "VALUES ($1, $2, 0)",
                      KeyOf(person_id))
          .status());
  ASSIGN_OR_RETURN(const std::optional<sql::Row> usage,
                   tx.QueryAtMostOne("SELECT live, erased_us FROM person_usage "
                                     "WHERE route = $1 AND person_id = $2",
                                     KeyOf(person_id)));
  if (!usage.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "a count is missing");
  }
  if (!usage->IsNull(1)) return std::optional<ErasureRefusal>();
  ASSIGN_OR_RETURN(const std::optional<ErasureRefusal> refusal,
                   RefusalOfOrders(tx, person_id, kept_since_us));
  // Open orders count as live numbers: they are the better reason.
  if (refusal.has_value() &&
      refusal->reason == Reason::PERSON_HAS_OPEN_ORDERS) {
    return refusal;
  }
  if (usage->Int(0) > 0) {
    return Against({.reason = Reason::PERSON_HAS_LIVE_NUMBERS});
  }
  if (refusal.has_value()) return refusal;
  // Against an order that is placed at this moment: it counts on this row too.
  sql::Params params = KeyOf(person_id);
  params.push_back(Value::Int(now_us));
  ASSIGN_OR_RETURN(
      const int64_t closed,
      tx.Execute("UPDATE person_usage SET erased_us = $3 "
                 "WHERE route = $1 AND person_id = $2 AND live = 0 "
                 "AND erased_us IS NULL",
                 std::move(params)));
  if (closed != 1) return sql::RunAgain("an order was placed meanwhile");
  return std::optional<ErasureRefusal>();
}

// Key and clear values of one order.
absl::Status EraseOrder(sql::Transaction& tx, const std::string& order_id,
                        const std::string& iccid) {
  const sql::Params key = {Value::Int(RouteOf(order_id)), Text(order_id)};
  RETURN_IF_ERROR(
      tx.Execute("DELETE FROM order_keys WHERE route = $1 AND order_id = $2",
                 key)
          .status());
  // A notice that still comes is of no order then. The profile may belong to
  // another order by now.
  RETURN_IF_ERROR(
      tx.Execute("UPDATE iccids SET order_id = NULL, version = version + 1 "
                 "WHERE batch = $1 AND iccid = $2 AND order_id = $3",
                 {Text(BatchOf(iccid)), Text(iccid), Text(order_id)})
          .status());
  RETURN_IF_ERROR(
      tx.Execute("UPDATE notices SET eid = NULL, order_id = NULL "
                 "WHERE batch = $1 AND iccid = $2 AND order_id = $3",
                 {Text(BatchOf(iccid)), Text(iccid), Text(order_id)})
          .status());
  return tx.ExecuteOne(
      "UPDATE orders SET msisdn = $3, eid = $3, iccid = $3, sealed = $4, "
      "version = version + 1 "
      "WHERE route = $1 AND order_id = $2 AND live = 0",
      {Value::Int(RouteOf(order_id)), Text(order_id), Text(kErased),
       Value::Bytes(std::string(1, '\0'))},
      Reason::INTERNAL_ERROR);
}

}  // namespace

Awaitable<absl::StatusOr<int64_t>> SqlOrderErasureStore::Cursor() {
  auto fn = [](sql::Snapshot& snapshot) {
    return ReadCursor(snapshot, kCursorName);
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::Status> SqlOrderErasureStore::SetCursor(int64_t number) {
  auto fn = [number](sql::Transaction& tx) {
    return MoveCursor(tx, kCursorName, number);
  };
  co_return co_await database_.Write(std::move(fn));
}

Awaitable<absl::StatusOr<std::optional<ErasureRefusal>>>
SqlOrderErasureStore::ClosePerson(std::string person_id, int64_t kept_since_us,
                                  int64_t now_us, int64_t lease_epoch) {
  auto fn = [person_id = std::move(person_id), kept_since_us, now_us,
             lease_epoch](sql::Transaction& tx) {
    return CloseInside(tx, person_id, kept_since_us, now_us, lease_epoch);
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

Awaitable<absl::StatusOr<int64_t>> SqlOrderErasureStore::EraseOrders(
    std::string person_id, int64_t limit) {
  auto fn = [person_id = std::move(person_id),
             limit](sql::Transaction& tx) -> absl::StatusOr<int64_t> {
    sql::Params params = KeyOf(person_id);
    params.push_back(Text(kErased));
    params.push_back(Value::Int(limit));
    ASSIGN_OR_RETURN(const sql::Rows rows,
                     tx.Query("SELECT order_id, iccid FROM orders "
                              "WHERE route = $1 AND person_id = $2 "
                              "AND iccid <> $3 ORDER BY order_id LIMIT $4",
                              std::move(params)));
    for (const sql::Row& row : rows) {
      RETURN_IF_ERROR(EraseOrder(tx, row.Text(0), row.Text(1)));
    }
    RETURN_IF_ERROR(ForgetRecordedValues(tx, person_id));
    return static_cast<int64_t>(rows.size());
  };
  co_return co_await database_.WriteValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::vector<ledger::v1::EventId>>>
SqlOrderErasureStore::LastEvents(std::string person_id, int64_t limit) {
  auto fn = [this, person_id = std::move(person_id),
             limit](sql::Snapshot& snapshot)
      -> absl::StatusOr<std::vector<ledger::v1::EventId>> {
    sql::Params params = KeyOf(person_id);
    params.push_back(Value::Int(limit));
    ASSIGN_OR_RETURN(const sql::Rows rows,
                     snapshot.Query("SELECT order_id FROM orders "
                                    "WHERE route = $1 AND person_id = $2 "
                                    "ORDER BY state_us DESC LIMIT $3",
                                    std::move(params)));
    std::vector<ledger::v1::EventId> events;
    for (const sql::Row& row : rows) {
      ASSIGN_OR_RETURN(const std::optional<ledger::v1::EventId> last,
                       outbox_.Latest(snapshot, AggregateOf(row.Text(0))));
      if (last.has_value()) events.push_back(*last);
    }
    return events;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::Status> SqlOrderErasureStore::Scrub() {
  co_return co_await database_.ScrubDeleted();
}

}  // namespace shiming::profile_order

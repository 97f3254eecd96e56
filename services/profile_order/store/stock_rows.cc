#include "services/profile_order/store/stock_rows.h"

#include <optional>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/store/order_rows.h"
#include "services/profile_order/store/recorded_rows.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

constexpr size_t kSegmentDigits = 7;
constexpr size_t kCountryCodeDigits = 2;
constexpr size_t kBatchDigits = 12;

Value State(NumberState state) {
  return Value::Int(static_cast<int64_t>(state));
}
Value State(IccidState state) {
  return Value::Int(static_cast<int64_t>(state));
}
Value Text(std::string_view text) { return Value::Text(std::string(text)); }

absl::Status FreeNumber(sql::Transaction& tx, const Order& order) {
  return tx.ExecuteOne(
      "UPDATE numbers SET state = $1, holder = NULL, order_id = NULL, "
      "version = version + 1 WHERE segment = $2 AND number = $3 "
      "AND state = $4 AND order_id = $5",
      {State(NumberState::kFree), Text(SegmentOf(order.msisdn)),
       Text(order.msisdn), State(NumberState::kAssigned), Text(order.order_id)},
      Reason::INTERNAL_ERROR);
}

// The order's ICCID; the order stays noted, for late notices.
absl::Status MoveIccid(sql::Transaction& tx, const Order& order,
                       IccidState state) {
  return tx.ExecuteOne(
      "UPDATE iccids SET state = $1, version = version + 1 "
      "WHERE batch = $2 AND iccid = $3 AND order_id = $4",
      {State(state), Text(BatchOf(order.iccid)), Text(order.iccid),
       Text(order.order_id)},
      Reason::INTERNAL_ERROR);
}

absl::StatusOr<int64_t> LiveOf(const absl::StatusOr<sql::Rows>& rows) {
  if (!rows.ok()) return rows.status();
  if (rows->size() != 1) {
    return MakeError(Reason::INTERNAL_ERROR, "a count is missing");
  }
  return rows->front().Int(0);
}

// Why a person could not be counted.
absl::Status CheckNotErased(sql::Transaction& tx, std::string_view person_id) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      tx.QueryAtMostOne("SELECT erased_us FROM person_usage "
                        "WHERE route = $1 AND person_id = $2",
                        {Value::Int(RouteOf(person_id)), Text(person_id)}));
  if (row.has_value() && !row->IsNull(0)) {
    return MakeError(Reason::PERSON_IS_ERASED, "the person is erased");
  }
  return MakeError(Reason::PERSON_LIMIT_REACHED,
                   "the person has as many numbers as allowed");
}

absl::StatusOr<std::optional<TakenIccid>> FindIccid(
    sql::Transaction& tx, const std::string& profile_type, int64_t pick) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      tx.Query("SELECT iccid, smdp FROM iccids WHERE profile_type = $1 "
               "AND state = $2 AND pick >= $3 ORDER BY pick LIMIT $4",
               {Text(profile_type), State(IccidState::kAvailable),
                Value::Int(pick), Value::Int(1)}));
  if (rows.empty()) return std::nullopt;
  return TakenIccid{.iccid = rows.front().Text(0),
                    .smdp = rows.front().Text(1)};
}

}  // namespace

std::string SegmentOf(std::string_view msisdn) {
  return std::string(msisdn.substr(kCountryCodeDigits, kSegmentDigits));
}

std::string BatchOf(std::string_view iccid) {
  return std::string(iccid.substr(0, kBatchDigits));
}

absl::StatusOr<int64_t> AddToPerson(sql::Transaction& tx,
                                    std::string_view person_id,
                                    int64_t elsewhere, int64_t limit) {
  const Value route = Value::Int(RouteOf(person_id));
  RETURN_IF_ERROR(
      tx.InsertIgnore("INSERT INTO person_usage (route, person_id, live) "
                      "VALUES ($1, $2, $3)",
                      {route, Text(person_id), Value::Int(0)})
          .status());
  // Erasing the person changes the same row.
  ASSIGN_OR_RETURN(
      const int64_t counted,
      tx.Execute(
          "UPDATE person_usage SET live = live + 1 "
          "WHERE route = $1 AND person_id = $2 AND live + $3 < $4 "
          "AND erased_us IS NULL",
          {route, Text(person_id), Value::Int(elsewhere), Value::Int(limit)}));
  if (counted != 1) return CheckNotErased(tx, person_id);
  return LiveOf(tx.Query(
      "SELECT live FROM person_usage WHERE route = $1 AND person_id = $2",
      {route, Text(person_id)}));
}

absl::StatusOr<int64_t> AddToEid(sql::Transaction& tx, std::string_view eid,
                                 std::string_view eid_pseudonym,
                                 int64_t limit) {
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore("INSERT INTO eid_usage (eid, live) VALUES ($1, $2)",
                      {Text(eid), Value::Int(0)}));
  if (inserted == 1) {
    RETURN_IF_ERROR(TakeOverRecordedEid(tx, eid, eid_pseudonym));
  }
  RETURN_IF_ERROR(tx.ExecuteOne(
      "UPDATE eid_usage SET live = live + 1 WHERE eid = $1 AND live < $2",
      {Text(eid), Value::Int(limit)}, Reason::EID_LIMIT_REACHED));
  return LiveOf(
      tx.Query("SELECT live FROM eid_usage WHERE eid = $1", {Text(eid)}));
}

absl::Status TakeFromPerson(sql::Transaction& tx, std::string_view person_id) {
  return tx.ExecuteOne(
      "UPDATE person_usage SET live = live - 1 "
      "WHERE route = $1 AND person_id = $2 AND live > 0",
      {Value::Int(RouteOf(person_id)), Text(person_id)},
      Reason::INTERNAL_ERROR);
}

absl::Status TakeFromEid(sql::Transaction& tx, std::string_view eid) {
  return tx.ExecuteOne(
      "UPDATE eid_usage SET live = live - 1 WHERE eid = $1 AND live > 0",
      {Text(eid)}, Reason::INTERNAL_ERROR);
}

absl::StatusOr<std::string> AssignNumber(sql::Transaction& tx,
                                         const Order& order, int64_t now_us) {
  const auto expired = [] {
    return MakeError(Reason::RESERVATION_EXPIRED,
                     "the session holds no such reservation");
  };
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      tx.QueryAtMostOne("SELECT segment, number FROM reservations "
                        "WHERE session_id = $1 AND reservation_id = $2",
                        {Text(order.session_id), Text(order.reservation_id)}));
  if (!row.has_value()) return expired();
  const std::string segment = row->Text(0);
  const std::string number = row->Text(1);
  RETURN_IF_ERROR(tx.ExecuteOne(
      "UPDATE numbers SET state = $1, holder = NULL, expires_us = NULL, "
      "order_id = $2, version = version + 1 "
      "WHERE segment = $3 AND number = $4 AND state = $5 AND holder = $6 "
      "AND expires_us > $7",
      {State(NumberState::kAssigned), Text(order.order_id), Text(segment),
       Text(number), State(NumberState::kReserved), Text(order.reservation_id),
       Value::Int(now_us)},
      Reason::RESERVATION_EXPIRED));
  RETURN_IF_ERROR(
      tx.Execute("DELETE FROM reservations WHERE session_id = $1 "
                 "AND reservation_id = $2",
                 {Text(order.session_id), Text(order.reservation_id)})
          .status());
  return number;
}

absl::StatusOr<TakenIccid> TakeIccid(sql::Transaction& tx, const Order& order,
                                     int64_t pick) {
  ASSIGN_OR_RETURN(std::optional<TakenIccid> found,
                   FindIccid(tx, order.profile_type, pick));
  if (!found.has_value()) {
    ASSIGN_OR_RETURN(found, FindIccid(tx, order.profile_type, 0));
  }
  if (!found.has_value()) {
    return MakeError(Reason::ICCID_OUT_OF_STOCK,
                     "no profile of this type is available");
  }
  ASSIGN_OR_RETURN(
      const int64_t taken,
      tx.Execute("UPDATE iccids SET state = $1, order_id = $2, "
                 "version = version + 1 "
                 "WHERE batch = $3 AND iccid = $4 AND state = $5",
                 {State(IccidState::kOrdered), Text(order.order_id),
                  Text(BatchOf(found->iccid)), Text(found->iccid),
                  State(IccidState::kAvailable)}));
  if (taken != 1) return sql::RunAgain("another order took the ICCID");
  return *found;
}

absl::Status StoreEffects(sql::Transaction& tx, const Change& change) {
  const Order& order = change.order;
  if (change.person_delta < 0) {
    RETURN_IF_ERROR(TakeFromPerson(tx, order.person_id));
  }
  if (change.eid_delta < 0) {
    RETURN_IF_ERROR(TakeFromEid(tx, order.eid));
  }
  if (change.number == NumberEffect::kFree) {
    RETURN_IF_ERROR(FreeNumber(tx, order));
  }
  switch (change.iccid) {
    case IccidEffect::kKeep:
      return absl::OkStatus();
    case IccidEffect::kAvailable:
      return MoveIccid(tx, order, IccidState::kAvailable);
    case IccidEffect::kHeld:
      return MoveIccid(tx, order, IccidState::kHeld);
    case IccidEffect::kUnavailable:
      return MoveIccid(tx, order, IccidState::kUnavailable);
    case IccidEffect::kInstalled:
      return MoveIccid(tx, order, IccidState::kInstalled);
  }
  return absl::OkStatus();
}

}  // namespace shiming::profile_order

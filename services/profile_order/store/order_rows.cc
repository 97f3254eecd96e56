#include "services/profile_order/store/order_rows.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

// Columns that never change after the insert, then those that do.
constexpr std::array<std::string_view, 22> kFixed = {"route",
                                                     "order_id",
                                                     "session_id",
                                                     "shop",
                                                     "terminal",
                                                     "display",
                                                     "clerk",
                                                     "shift",
                                                     "person_id",
                                                     "verification_id",
                                                     "attestation_id",
                                                     "policy_version",
                                                     "kind",
                                                     "profile_type",
                                                     "reservation_id",
                                                     "msisdn",
                                                     "eid",
                                                     "iccid",
                                                     "smdp",
                                                     "created_us",
                                                     "device_commitment",
                                                     "consent_commitment"};
constexpr std::array<std::string_view, 31> kMutable = {"version",
                                                       "state",
                                                       "cause",
                                                       "failed_reason",
                                                       "status_code",
                                                       "state_us",
                                                       "expire_us",
                                                       "due_us",
                                                       "reveal_request_id",
                                                       "permit_id",
                                                       "permit_event",
                                                       "smdp_address",
                                                       "ready_version",
                                                       "revealed_version",
                                                       "code_expire_us",
                                                       "code_commitment",
                                                       "sealed",
                                                       "download_effect",
                                                       "confirm_effect",
                                                       "release_effect",
                                                       "any_unknown",
                                                       "fate",
                                                       "cancel_refused_us",
                                                       "transient_count",
                                                       "matching_id_count",
                                                       "call_number",
                                                       "wrong_eid_count",
                                                       "session_over",
                                                       "notices_pending",
                                                       "live",
                                                       "change_number"};

std::string Joined(bool with_mutable) {
  std::string text;
  for (size_t i = 0; i < kFixed.size(); ++i) {
    if (!text.empty()) text += ", ";
    text += kFixed[i];
  }
  if (!with_mutable) return text;
  for (size_t i = 0; i < kMutable.size(); ++i) {
    text += ", ";
    text += kMutable[i];
  }
  return text;
}

std::string Parameter(size_t number) { return "$" + std::to_string(number); }

const std::string& SelectText() {
  static const auto& text =
      *new std::string("SELECT " + Joined(true) +
                       " FROM orders WHERE route = $1 AND order_id = $2");
  return text;
}

const std::string& InsertText() {
  static const auto& text = *new std::string([] {
    std::string sql = "INSERT INTO orders (" + Joined(true) + ") VALUES (";
    for (size_t i = 1; i <= kFixed.size() + kMutable.size(); ++i) {
      if (i > 1) sql += ", ";
      sql += Parameter(i);
    }
    return sql + ")";
  }());
  return text;
}

const std::string& UpdateText() {
  static const auto& text = *new std::string([] {
    std::string sql = "UPDATE orders SET ";
    for (size_t i = 0; i < kMutable.size(); ++i) {
      if (i > 0) sql += ", ";
      sql += std::string(kMutable[i]) + " = " + Parameter(i + 1);
    }
    return sql + " WHERE route = " + Parameter(kMutable.size() + 1) +
           " AND order_id = " + Parameter(kMutable.size() + 2) +
           " AND version = " + Parameter(kMutable.size() + 3);
  }());
  return text;
}

Value TimeOrNull(int64_t us) {
  return us == 0 ? Value::NullInt() : Value::Int(us);
}

Value BytesOrNull(const std::string& bytes) {
  return bytes.empty() ? Value::NullBytes() : Value::Bytes(bytes);
}

void AppendFixed(const Order& order, sql::Params& params) {
  params.push_back(Value::Int(RouteOf(order.order_id)));
  params.push_back(Value::Text(order.order_id));
  params.push_back(Value::Text(order.session_id));
  params.push_back(Value::Text(order.shop));
  params.push_back(Value::Text(order.terminal));
  params.push_back(Value::Text(order.display));
  params.push_back(Value::Text(order.clerk));
  params.push_back(Value::TextOrNull(order.shift));
  params.push_back(Value::Text(order.person_id));
  params.push_back(Value::TextOrNull(order.verification_id));
  params.push_back(Value::Text(order.attestation_id));
  params.push_back(Value::TextOrNull(order.policy_version));
  params.push_back(Value::Int(order.kind));
  params.push_back(Value::Text(order.profile_type));
  params.push_back(Value::Text(order.reservation_id));
  params.push_back(Value::Text(order.msisdn));
  params.push_back(Value::Text(order.eid));
  params.push_back(Value::Text(order.iccid));
  params.push_back(Value::Text(order.smdp));
  params.push_back(Value::Int(order.created_us));
  params.push_back(BytesOrNull(order.device_commitment));
  params.push_back(BytesOrNull(order.consent_commitment));
}

void AppendMutable(const Order& order, sql::Params& params) {
  std::string permit_event;
  if (order.permit_event.version() != 0) {
    permit_event = order.permit_event.SerializeAsString();
  }
  params.push_back(Value::Int(order.version));
  params.push_back(Value::Int(static_cast<int64_t>(order.state)));
  params.push_back(Value::Int(static_cast<int64_t>(order.cause)));
  params.push_back(Value::TextOrNull(order.failed_reason));
  params.push_back(Value::TextOrNull(order.status_code));
  params.push_back(Value::Int(order.state_us));
  params.push_back(TimeOrNull(order.expire_us));
  params.push_back(Value::OptionalInt(DueOf(order)));
  params.push_back(Value::TextOrNull(order.reveal_request_id));
  params.push_back(Value::TextOrNull(order.permit_id));
  params.push_back(BytesOrNull(permit_event));
  params.push_back(Value::TextOrNull(order.smdp_address));
  params.push_back(Value::Int(order.ready_version));
  params.push_back(Value::Int(order.revealed_version));
  params.push_back(TimeOrNull(order.code_expire_us));
  params.push_back(BytesOrNull(order.code_commitment));
  params.push_back(Value::Bytes(order.sealed));
  params.push_back(Value::Int(static_cast<int64_t>(order.download)));
  params.push_back(Value::Int(static_cast<int64_t>(order.confirm)));
  params.push_back(Value::Int(static_cast<int64_t>(order.release)));
  params.push_back(Value::Int(order.any_unknown ? 1 : 0));
  params.push_back(Value::Int(static_cast<int64_t>(order.fate)));
  params.push_back(TimeOrNull(order.cancel_refused_us));
  params.push_back(Value::Int(order.transient_count));
  params.push_back(Value::Int(order.matching_id_count));
  params.push_back(Value::Int(order.call.has_value() ? order.call->number : 0));
  params.push_back(Value::Int(order.wrong_eid_count));
  params.push_back(Value::Int(order.session_over ? 1 : 0));
  params.push_back(Value::Int(order.notices_pending ? 1 : 0));
  params.push_back(Value::Int(IsEnd(order.state) ? 0 : 1));
  params.push_back(order.change_number == 0 ? Value::NullInt()
                                            : Value::Int(order.change_number));
}

Order FromRow(const sql::Row& row) {
  Order order;
  size_t i = 1;  // 0 is the route
  order.order_id = row.Text(i++);
  order.session_id = row.Text(i++);
  order.shop = row.Text(i++);
  order.terminal = row.Text(i++);
  order.display = row.Text(i++);
  order.clerk = row.Text(i++);
  order.shift = row.TextOrEmpty(i++);
  order.person_id = row.Text(i++);
  order.verification_id = row.TextOrEmpty(i++);
  order.attestation_id = row.Text(i++);
  order.policy_version = row.TextOrEmpty(i++);
  order.kind = static_cast<int>(row.Int(i++));
  order.profile_type = row.Text(i++);
  order.reservation_id = row.Text(i++);
  order.msisdn = row.Text(i++);
  order.eid = row.Text(i++);
  order.iccid = row.Text(i++);
  order.smdp = row.Text(i++);
  order.created_us = row.Int(i++);
  order.device_commitment = row.BytesOrEmpty(i++);
  order.consent_commitment = row.BytesOrEmpty(i++);

  order.version = row.Int(i++);
  order.state = static_cast<OrderState>(row.Int(i++));
  order.cause = static_cast<EndCause>(row.Int(i++));
  order.failed_reason = row.TextOrEmpty(i++);
  order.status_code = row.TextOrEmpty(i++);
  order.state_us = row.Int(i++);
  order.expire_us = row.OptionalInt(i++).value_or(0);
  i++;  // due_us follows from the rest
  order.reveal_request_id = row.TextOrEmpty(i++);
  order.permit_id = row.TextOrEmpty(i++);
  order.permit_event.ParseFromString(row.BytesOrEmpty(i++));
  order.smdp_address = row.TextOrEmpty(i++);
  order.ready_version = row.Int(i++);
  order.revealed_version = row.Int(i++);
  order.code_expire_us = row.OptionalInt(i++).value_or(0);
  order.code_commitment = row.BytesOrEmpty(i++);
  order.sealed = row.Bytes(i++);
  order.download = static_cast<Effect>(row.Int(i++));
  order.confirm = static_cast<Effect>(row.Int(i++));
  order.release = static_cast<Effect>(row.Int(i++));
  order.any_unknown = row.Int(i++) != 0;
  order.fate = static_cast<IccidFate>(row.Int(i++));
  order.cancel_refused_us = row.OptionalInt(i++).value_or(0);
  order.transient_count = row.Int(i++);
  order.matching_id_count = row.Int(i++);
  const int64_t call_number = row.Int(i++);
  if (call_number != 0) order.call = SmdpCall{.number = call_number};
  order.wrong_eid_count = row.Int(i++);
  order.session_over = row.Int(i++) != 0;
  order.notices_pending = row.Int(i++) != 0;
  return order;
}

absl::StatusOr<SmdpCall> ReadCall(sql::Snapshot& snapshot,
                                  std::string_view order_id, int64_t number) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      snapshot.QueryAtMostOne(
          "SELECT function, call_id, attempt, sender, state, earlier_unknown, "
          "status_code, sent_us FROM smdp_calls "
          "WHERE route = $1 AND order_id = $2 AND call_number = $3",
          {Value::Int(RouteOf(order_id)), Value::Text(std::string(order_id)),
           Value::Int(number)}));
  if (!row.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "an order's call is missing");
  }
  return SmdpCall{.number = number,
                  .function = static_cast<smdp::Function>(row->Int(0)),
                  .call_id = row->Text(1),
                  .attempt = row->Int(2),
                  .sender = row->Text(3),
                  .state = static_cast<CallState>(row->Int(4)),
                  .earlier_unknown = row->Int(5) != 0,
                  .status_code = row->TextOrEmpty(6),
                  .sent_us = row->Int(7)};
}

absl::Status InsertCall(sql::Transaction& tx, const Order& order) {
  const SmdpCall& call = *order.call;
  return tx.ExecuteOne(
      "INSERT INTO smdp_calls (route, order_id, call_number, function, "
      "call_id, attempt, sender, state, earlier_unknown, status_code, sent_us) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      {Value::Int(RouteOf(order.order_id)), Value::Text(order.order_id),
       Value::Int(call.number), Value::Int(static_cast<int64_t>(call.function)),
       Value::Text(call.call_id), Value::Int(call.attempt),
       Value::Text(call.sender), Value::Int(static_cast<int64_t>(call.state)),
       Value::Int(call.earlier_unknown ? 1 : 0),
       Value::TextOrNull(call.status_code), Value::Int(call.sent_us)});
}

// The call as the transition left it. A transition may end one call and store
// the next: then the ended one is settled first.
absl::Status StoreCall(sql::Transaction& tx, const Order& before,
                       const Order& after) {
  if (!after.call.has_value()) return absl::OkStatus();
  const SmdpCall& call = *after.call;
  const bool is_new =
      !before.call.has_value() || before.call->number != call.number;
  if (!is_new) {
    return tx.ExecuteOne(
        "UPDATE smdp_calls SET attempt = $1, sender = $2, state = $3, "
        "earlier_unknown = $4, status_code = $5, sent_us = $6 "
        "WHERE route = $7 AND order_id = $8 AND call_number = $9",
        {Value::Int(call.attempt), Value::Text(call.sender),
         Value::Int(static_cast<int64_t>(call.state)),
         Value::Int(call.earlier_unknown ? 1 : 0),
         Value::TextOrNull(call.status_code), Value::Int(call.sent_us),
         Value::Int(RouteOf(after.order_id)), Value::Text(after.order_id),
         Value::Int(call.number)});
  }
  if (after.ended_call.has_value()) {
    RETURN_IF_ERROR(tx.ExecuteOne(
        "UPDATE smdp_calls SET state = $1, status_code = $2 "
        "WHERE route = $3 AND order_id = $4 AND call_number = $5",
        {Value::Int(static_cast<int64_t>(after.ended_call->state)),
         Value::TextOrNull(after.ended_call->status_code),
         Value::Int(RouteOf(after.order_id)), Value::Text(after.order_id),
         Value::Int(after.ended_call->number)}));
  }
  return InsertCall(tx, after);
}

}  // namespace

int64_t RouteOf(std::string_view id) {
  const auto digit = [](char c) -> int64_t {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return 0;
  };
  return id.size() < 2 ? 0 : digit(id[0]) * 16 + digit(id[1]);
}

absl::StatusOr<Order> ReadOrder(sql::Snapshot& snapshot,
                                std::string_view order_id) {
  if (order_id.empty()) {
    return MakeError(Reason::ORDER_UNKNOWN, "no order is named");
  }
  const sql::Params key = {Value::Int(RouteOf(order_id)),
                           Value::Text(std::string(order_id))};
  ASSIGN_OR_RETURN(const std::optional<sql::Row> row,
                   snapshot.QueryAtMostOne(SelectText(), key));
  if (!row.has_value()) {
    return MakeError(Reason::ORDER_UNKNOWN, "there is no such order");
  }
  Order order = FromRow(*row);
  ASSIGN_OR_RETURN(const std::optional<sql::Row> wrapped,
                   snapshot.QueryAtMostOne("SELECT wrapped_key FROM order_keys "
                                           "WHERE route = $1 AND order_id = $2",
                                           key));
  if (wrapped.has_value()) order.wrapped_key = wrapped->Bytes(0);
  if (order.call.has_value()) {
    ASSIGN_OR_RETURN(order.call,
                     ReadCall(snapshot, order_id, order.call->number));
  }
  return order;
}

absl::Status InsertOrder(sql::Transaction& tx, const Order& order) {
  sql::Params params;
  params.reserve(kFixed.size() + kMutable.size());
  AppendFixed(order, params);
  AppendMutable(order, params);
  RETURN_IF_ERROR(tx.ExecuteOne(InsertText(), std::move(params)));
  RETURN_IF_ERROR(tx.ExecuteOne(
      "INSERT INTO order_keys (route, order_id, wrapped_key) "
      "VALUES ($1, $2, $3)",
      {Value::Int(RouteOf(order.order_id)), Value::Text(order.order_id),
       Value::Bytes(order.wrapped_key)}));
  if (!order.call.has_value()) return absl::OkStatus();
  return InsertCall(tx, order);
}

absl::Status UpdateOrder(sql::Transaction& tx, const Order& before,
                         const Order& after) {
  sql::Params params;
  params.reserve(kMutable.size() + 3);
  AppendMutable(after, params);
  params.push_back(Value::Int(RouteOf(after.order_id)));
  params.push_back(Value::Text(after.order_id));
  params.push_back(Value::Int(before.version));
  ASSIGN_OR_RETURN(const int64_t changed,
                   tx.Execute(UpdateText(), std::move(params)));
  if (changed != 1) return sql::RunAgain("another transition was faster");
  return StoreCall(tx, before, after);
}

absl::Status InsertObservation(sql::Transaction& tx, const Order& order,
                               const Observation& observation) {
  return tx
      .InsertIgnore(
          "INSERT INTO smdp_observations (route, order_id, call_number, "
          "attempt, state, status_code) VALUES ($1, $2, $3, $4, $5, $6)",
          {Value::Int(RouteOf(order.order_id)), Value::Text(order.order_id),
           Value::Int(observation.call_number), Value::Int(observation.attempt),
           Value::Int(static_cast<int64_t>(observation.state)),
           Value::TextOrNull(observation.status_code)})
      .status();
}

}  // namespace shiming::profile_order

#include "services/profile_order/store/sql_change_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

// Routes that one statement reads; fewer are filled up with the last of them,
// so that there is one statement to prepare.
constexpr size_t kRoutesPerStatement = 16;

const std::string& ChangedText() {
  static const auto& text = *new std::string([] {
    std::string sql = "SELECT order_id, display, version FROM orders WHERE ";
    for (size_t i = 0; i < kRoutesPerStatement; ++i) {
      if (i > 0) sql += " OR ";
      sql += "(route = $" + std::to_string(2 * i + 1) +
             " AND change_number > $" + std::to_string(2 * i + 2) + ")";
    }
    return sql;
  }());
  return text;
}

// The orders of `routes` behind their marks, appended.
absl::Status ReadChanged(sql::Snapshot& snapshot,
                         const std::vector<size_t>& routes,
                         const ChangeMarks& after,
                         std::vector<ChangedOrder>& orders) {
  for (size_t begin = 0; begin < routes.size(); begin += kRoutesPerStatement) {
    sql::Params params;
    params.reserve(2 * kRoutesPerStatement);
    for (size_t i = 0; i < kRoutesPerStatement; ++i) {
      const size_t route = routes[std::min(begin + i, routes.size() - 1)];
      params.push_back(Value::Int(static_cast<int64_t>(route)));
      params.push_back(Value::Int(after[route]));
    }
    ASSIGN_OR_RETURN(const sql::Rows rows,
                     snapshot.Query(ChangedText(), std::move(params)));
    for (const sql::Row& row : rows) {
      orders.push_back({.order_id = row.Text(0),
                        .display = row.Text(1),
                        .version = row.Int(2)});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ChangeLook> LookInside(sql::Snapshot& snapshot,
                                      const ChangeMarks& after, int64_t limit) {
  ChangeLook look;
  look.marks.assign(kRouteCount, 0);
  ASSIGN_OR_RETURN(
      const sql::Rows heads,
      snapshot.Query("SELECT route, number FROM order_routes", {}));
  std::vector<size_t> moved;
  int64_t changes = 0;
  for (const sql::Row& head : heads) {
    const size_t route = static_cast<size_t>(head.Int(0));
    if (route >= kRouteCount) {
      return MakeError(Reason::INTERNAL_ERROR, "a route beyond 255");
    }
    look.marks[route] = head.Int(1);
    if (after.empty() || head.Int(1) <= after[route]) continue;
    moved.push_back(route);
    changes += head.Int(1) - after[route];
  }
  look.is_too_many = changes > limit;
  if (!look.is_too_many) {
    RETURN_IF_ERROR(ReadChanged(snapshot, moved, after, look.orders));
  }
  return look;
}

}  // namespace

Awaitable<absl::StatusOr<ChangeLook>> SqlChangeStore::Look(ChangeMarks after,
                                                           int64_t limit) {
  if (!after.empty() && after.size() != kRouteCount) {
    co_return MakeError(Reason::INTERNAL_ERROR, "not one mark per route");
  }
  auto fn = [after = std::move(after), limit](sql::Snapshot& snapshot) {
    return LookInside(snapshot, after, limit);
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

}  // namespace shiming::profile_order

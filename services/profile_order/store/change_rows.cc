#include "services/profile_order/store/change_rows.h"

#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {

using sql::Value;

absl::StatusOr<int64_t> NextChangeNumber(sql::Transaction& tx, int64_t route) {
  ASSIGN_OR_RETURN(const sql::Rows moved,
                   tx.Query("UPDATE order_routes SET number = number + 1 "
                            "WHERE route = $1 RETURNING number",
                            {Value::Int(route)}));
  if (!moved.empty()) return moved.front().Int(0);
  ASSIGN_OR_RETURN(const int64_t inserted,
                   tx.InsertIgnore("INSERT INTO order_routes (route, number) "
                                   "VALUES ($1, 1)",
                                   {Value::Int(route)}));
  if (inserted == 1) return 1;
  return sql::RunAgain("another transaction made the route's row");
}

}  // namespace shiming::profile_order

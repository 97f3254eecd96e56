#include "tests/fault/order_rows.h"

#include <sqlite3.h>

#include <memory>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace shiming::fault {
namespace {

constexpr char kSelect[] =
    "SELECT order_id, session_id, state, version, msisdn, iccid FROM orders";
constexpr int kBusyTimeoutMs = 5'000;

absl::Status ErrorOf(sqlite3* database) {
  return absl::UnavailableError(sqlite3_errmsg(database));
}

std::string TextAt(sqlite3_stmt* statement, int column) {
  return reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
}

}  // namespace

absl::StatusOr<std::map<std::string, OrderRow>> ReadOrders(
    const shimingctl::Layout& layout) {
  const std::string path = layout.data + "/db/profile_order.db";
  sqlite3* opened = nullptr;
  const int error =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(
      opened, &sqlite3_close);
  if (error != SQLITE_OK) return ErrorOf(opened);
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, kSelect, -1, &prepared, nullptr) !=
      SQLITE_OK) {
    return ErrorOf(opened);
  }
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(
      prepared, &sqlite3_finalize);
  std::map<std::string, OrderRow> orders;
  int step;
  while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
    OrderRow row;
    row.order_id = TextAt(prepared, 0);
    row.session_id = TextAt(prepared, 1);
    row.state = static_cast<order::v1::ProfileOrderState>(
        sqlite3_column_int(prepared, 2));
    row.version = sqlite3_column_int64(prepared, 3);
    row.msisdn = TextAt(prepared, 4);
    row.iccid = TextAt(prepared, 5);
    orders[row.order_id] = row;
  }
  if (step != SQLITE_DONE) return ErrorOf(opened);
  return orders;
}

bool IsAtRest(order::v1::ProfileOrderState state) {
  return state != order::v1::PROFILE_ORDER_STATE_ORDERING &&
         state != order::v1::PROFILE_ORDER_STATE_REVEALING &&
         state != order::v1::PROFILE_ORDER_STATE_CANCELLING &&
         state != order::v1::PROFILE_ORDER_STATE_FROZEN;
}

std::vector<std::string> SharedStock(
    const std::map<std::string, OrderRow>& orders) {
  std::vector<std::string> shared;
  std::map<std::string, std::string> holders;
  for (const auto& [order_id, row] : orders) {
    if (row.state == order::v1::PROFILE_ORDER_STATE_CANCELLED ||
        row.state == order::v1::PROFILE_ORDER_STATE_EXPIRED ||
        row.state == order::v1::PROFILE_ORDER_STATE_FAILED) {
      continue;
    }
    for (const std::string& thing : {row.msisdn, row.iccid}) {
      const auto [holder, free] = holders.emplace(thing, order_id);
      if (!free) {
        shared.push_back(
            absl::StrCat(thing, " is on ", order_id, " and ", holder->second));
      }
    }
  }
  return shared;
}

}  // namespace shiming::fault

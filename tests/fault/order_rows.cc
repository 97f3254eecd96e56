#include "tests/fault/order_rows.h"

#include <sqlite3.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "storage/sql/open_database.h"
#include "storage/sql/postgres_options.h"

namespace shiming::fault {
namespace {

constexpr char kSelect[] =
    "SELECT order_id, session_id, state, version, msisdn, iccid FROM orders";
constexpr int kBusyTimeoutMs = 5'000;
// Few connections, and patience for a server that has just been restarted.
constexpr char kReader[] = "&writers=1&readers=1&patience_ms=20000";

using Orders = std::map<std::string, OrderRow>;

absl::Status ErrorOf(sqlite3* database) {
  return absl::UnavailableError(sqlite3_errmsg(database));
}

std::string TextAt(sqlite3_stmt* statement, int column) {
  return reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
}

// Not by the driver: a second writer must not come near a service's file.
absl::StatusOr<Orders> ReadSqlite(const std::string& path) {
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
  Orders orders;
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

absl::StatusOr<Orders> ReadPostgres(const std::string& url) {
  ASSIGN_OR_RETURN(const std::unique_ptr<sql::Database> database,
                   sql::OpenDatabase(url + kReader, {}));
  Orders orders;
  const auto read = [&orders](sql::Snapshot& snapshot) -> absl::Status {
    orders.clear();
    ASSIGN_OR_RETURN(const sql::Rows rows, snapshot.Query(kSelect, {}));
    for (const sql::Row& found : rows) {
      OrderRow row;
      row.order_id = found.Text(0);
      row.session_id = found.Text(1);
      row.state = static_cast<order::v1::ProfileOrderState>(found.Int(2));
      row.version = found.Int(3);
      row.msisdn = found.TextOrEmpty(4);
      row.iccid = found.TextOrEmpty(5);
      orders[row.order_id] = std::move(row);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(database->ReadBlocking(read));
  return orders;
}

}  // namespace

absl::StatusOr<std::map<std::string, OrderRow>> ReadOrders(
    const shimingctl::Layout& layout) {
  const std::string url = layout.Database("profile_order");
  if (sql::IsPostgresUrl(url)) return ReadPostgres(url);
  return ReadSqlite(layout.data + "/db/profile_order.db");
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

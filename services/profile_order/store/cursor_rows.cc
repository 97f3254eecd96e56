#include "services/profile_order/store/cursor_rows.h"

#include <optional>

#include "common/status/status_macros.h"

namespace shiming::profile_order {

using sql::Value;

absl::StatusOr<int64_t> ReadCursor(sql::Snapshot& snapshot,
                                   const std::string& name) {
  ASSIGN_OR_RETURN(const std::optional<sql::Row> row,
                   snapshot.QueryAtMostOne(
                       "SELECT position FROM ends_cursor WHERE name = $1",
                       {Value::Text(name)}));
  return row.has_value() ? row->Int(0) : 0;
}

absl::Status MoveCursor(sql::Transaction& tx, const std::string& name,
                        int64_t position) {
  RETURN_IF_ERROR(
      tx.InsertIgnore(
            "INSERT INTO ends_cursor (name, position) VALUES ($1, $2)",
            {Value::Text(name), Value::Int(0)})
          .status());
  return tx
      .Execute(
          "UPDATE ends_cursor SET position = $1 "
          "WHERE name = $2 AND position < $1",
          {Value::Int(position), Value::Text(name)})
      .status();
}

}  // namespace shiming::profile_order

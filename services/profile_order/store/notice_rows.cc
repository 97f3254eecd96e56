#include "services/profile_order/store/notice_rows.h"

#include "common/status/status_macros.h"
#include "services/profile_order/store/stock_rows.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

Value Text(std::string_view text) { return Value::Text(std::string(text)); }

}  // namespace

absl::StatusOr<bool> InsertNotice(sql::Transaction& tx,
                                  const DownloadNotice& notice,
                                  std::string_view order_id,
                                  int64_t received_us, bool pending) {
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO notices (batch, iccid, digest, smdp_peer, order_id, "
          "eid, point, success, status_code, stamp, received_us, pending) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
          {Text(BatchOf(notice.iccid)), Text(notice.iccid), Text(notice.digest),
           Text(notice.smdp_peer), Value::TextOrNull(std::string(order_id)),
           Value::TextOrNull(notice.eid), Value::Int(notice.point),
           Value::Int(notice.success ? 1 : 0),
           Value::TextOrNull(notice.status_code), Text(notice.timestamp),
           Value::Int(received_us), Value::Int(pending ? 1 : 0)}));
  return inserted == 1;
}

absl::StatusOr<std::optional<std::string>> OrderOfIccid(sql::Snapshot& snapshot,
                                                        std::string_view iccid,
                                                        std::string_view smdp) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      snapshot.QueryAtMostOne("SELECT order_id, smdp FROM iccids "
                              "WHERE batch = $1 AND iccid = $2",
                              {Text(BatchOf(iccid)), Text(iccid)}));
  if (!row.has_value() || row->IsNull(0) || row->Text(1) != smdp) {
    return std::nullopt;
  }
  return row->Text(0);
}

absl::StatusOr<std::vector<DownloadNotice>> ReadPendingNotices(
    sql::Snapshot& snapshot, std::string_view order_id) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      snapshot.Query("SELECT smdp_peer, iccid, eid, point, success, "
                     "status_code, stamp, digest FROM notices "
                     "WHERE order_id = $1 AND pending = $2 "
                     "ORDER BY received_us, point, digest",
                     {Text(order_id), Value::Int(1)}));
  std::vector<DownloadNotice> notices;
  for (const sql::Row& row : rows) {
    notices.push_back(DownloadNotice{.smdp_peer = row.Text(0),
                                     .iccid = row.Text(1),
                                     .eid = row.TextOrEmpty(2),
                                     .point = static_cast<int>(row.Int(3)),
                                     .success = row.Int(4) != 0,
                                     .status_code = row.TextOrEmpty(5),
                                     .timestamp = row.Text(6),
                                     .digest = row.Text(7)});
  }
  return notices;
}

absl::Status MarkNoticesApplied(sql::Transaction& tx,
                                std::string_view order_id) {
  return tx
      .Execute(
          "UPDATE notices SET pending = $1 WHERE order_id = $2 "
          "AND pending = $3",
          {Value::Int(0), Text(order_id), Value::Int(1)})
      .status();
}

}  // namespace shiming::profile_order

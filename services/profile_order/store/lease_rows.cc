#include "services/profile_order/store/lease_rows.h"

#include <optional>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/sql/sql_error.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

struct LeaseRow {
  int64_t epoch = 0;
  std::string holder;
  int64_t expires_us = 0;
};

absl::StatusOr<std::optional<LeaseRow>> ReadLease(sql::Snapshot& snapshot,
                                                  const std::string& name) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      snapshot.QueryAtMostOne(
          "SELECT epoch, holder, expires_us FROM leases WHERE name = $1",
          {Value::Text(name)}));
  if (!row.has_value()) return std::optional<LeaseRow>();
  LeaseRow lease;
  lease.epoch = row->Int(0);
  lease.holder = row->Text(1);
  lease.expires_us = row->Int(2);
  return std::optional<LeaseRow>(std::move(lease));
}

}  // namespace

absl::StatusOr<int64_t> HoldLeaseIn(sql::Transaction& tx,
                                    const LeaseClaim& claim) {
  ASSIGN_OR_RETURN(const std::optional<LeaseRow> last,
                   ReadLease(tx, claim.name));
  if (!last.has_value()) {
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        tx.InsertIgnore("INSERT INTO leases (name, epoch, holder, expires_us) "
                        "VALUES ($1, 1, $2, $3)",
                        {Value::Text(claim.name), Value::Text(claim.holder),
                         Value::Int(claim.until_us)}));
    if (inserted == 1) return 1;
    return sql::RunAgain("another instance takes the lease");
  }
  const bool is_ours = last->holder == claim.holder;
  if (!is_ours && last->expires_us >= claim.now_us) return 0;
  const bool is_renewal = is_ours && last->epoch == claim.epoch;
  const int64_t epoch = is_renewal ? last->epoch : last->epoch + 1;
  ASSIGN_OR_RETURN(
      const int64_t held,
      tx.Execute("UPDATE leases SET epoch = $1, holder = $2, expires_us = $3 "
                 "WHERE name = $4 AND epoch = $5 AND holder = $6",
                 {Value::Int(epoch), Value::Text(claim.holder),
                  Value::Int(claim.until_us), Value::Text(claim.name),
                  Value::Int(last->epoch), Value::Text(last->holder)}));
  if (held != 1) return sql::RunAgain("another instance takes the lease");
  return epoch;
}

absl::Status FenceLease(sql::Transaction& tx, const std::string& name,
                        int64_t epoch) {
  return tx.ExecuteOne(
      "UPDATE leases SET epoch = $1 WHERE name = $2 AND epoch = $1",
      {Value::Int(epoch), Value::Text(name)}, Reason::LOST_RACE);
}

}  // namespace shiming::profile_order

#include "services/profile_order/store/sql_run_store.h"

#include <optional>
#include <utility>

#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

using sql::Value;

constexpr int64_t kMostOver = 100;

// A run that was forgotten is there again.
absl::Status HoldInside(sql::Transaction& tx, const std::string& instance,
                        const std::string& run_id, int64_t until_us) {
  ASSIGN_OR_RETURN(
      const int64_t held,
      tx.Execute("UPDATE worker_runs SET expires_us = $1 WHERE run_id = $2",
                 {Value::Int(until_us), Value::Text(run_id)}));
  if (held == 1) return absl::OkStatus();
  return tx
      .InsertIgnore(
          "INSERT INTO worker_runs (run_id, instance, expires_us) "
          "VALUES ($1, $2, $3)",
          {Value::Text(run_id), Value::Text(instance), Value::Int(until_us)})
      .status();
}

absl::Status EndInside(sql::Transaction& tx, const std::string& run_id) {
  return tx
      .Execute("UPDATE worker_runs SET expires_us = 0 WHERE run_id = $1",
               {Value::Text(run_id)})
      .status();
}

absl::Status EndOthersInside(sql::Transaction& tx, const std::string& instance,
                             const std::string& run_id) {
  ASSIGN_OR_RETURN(const sql::Rows others,
                   tx.Query("SELECT run_id FROM worker_runs "
                            "WHERE instance = $1 AND run_id <> $2 "
                            "ORDER BY run_id",
                            {Value::Text(instance), Value::Text(run_id)}));
  for (const sql::Row& other : others) {
    RETURN_IF_ERROR(EndInside(tx, other.Text(0)));
  }
  return absl::OkStatus();
}

}  // namespace

Awaitable<absl::Status> SqlRunStore::Begin(std::string instance,
                                           std::string run_id,
                                           int64_t until_us) {
  auto fn = [instance = std::move(instance), run_id = std::move(run_id),
             until_us](sql::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(HoldInside(tx, instance, run_id, until_us));
    return EndOthersInside(tx, instance, run_id);
  };
  co_return co_await database_.Write(std::move(fn));
}

Awaitable<absl::Status> SqlRunStore::Hold(std::string instance,
                                          std::string run_id,
                                          int64_t until_us) {
  auto fn = [instance = std::move(instance), run_id = std::move(run_id),
             until_us](sql::Transaction& tx) {
    return HoldInside(tx, instance, run_id, until_us);
  };
  co_return co_await database_.Write(std::move(fn));
}

Awaitable<absl::Status> SqlRunStore::End(std::string run_id) {
  auto fn = [run_id = std::move(run_id)](sql::Transaction& tx) {
    return EndInside(tx, run_id);
  };
  co_return co_await database_.Write(std::move(fn));
}

Awaitable<absl::StatusOr<bool>> SqlRunStore::IsLive(std::string run_id,
                                                    int64_t now_us) {
  auto fn = [run_id = std::move(run_id),
             now_us](sql::Snapshot& snapshot) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const std::optional<sql::Row> run,
                     snapshot.QueryAtMostOne(
                         "SELECT expires_us FROM worker_runs WHERE run_id = $1",
                         {Value::Text(run_id)}));
    return run.has_value() && run->Int(0) >= now_us;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::StatusOr<std::vector<std::string>>> SqlRunStore::ListOver(
    int64_t now_us) {
  auto fn =
      [now_us](
          sql::Snapshot& snapshot) -> absl::StatusOr<std::vector<std::string>> {
    ASSIGN_OR_RETURN(
        const sql::Rows rows,
        snapshot.Query("SELECT run_id FROM worker_runs "
                       "WHERE expires_us < $1 "
                       "ORDER BY run_id LIMIT $2",
                       {Value::Int(now_us), Value::Int(kMostOver)}));
    std::vector<std::string> run_ids;
    for (const sql::Row& row : rows) run_ids.push_back(row.Text(0));
    return run_ids;
  };
  co_return co_await database_.ReadValue(std::move(fn));
}

Awaitable<absl::Status> SqlRunStore::Forget(std::vector<std::string> run_ids,
                                            int64_t now_us) {
  auto fn = [run_ids = std::move(run_ids),
             now_us](sql::Transaction& tx) -> absl::Status {
    for (const std::string& run_id : run_ids) {
      RETURN_IF_ERROR(tx.Execute("DELETE FROM worker_runs "
                                 "WHERE run_id = $1 AND expires_us < $2",
                                 {Value::Text(run_id), Value::Int(now_us)})
                          .status());
    }
    return absl::OkStatus();
  };
  co_return co_await database_.Write(std::move(fn));
}

}  // namespace shiming::profile_order

#include "services/terminal_session/store/sql_end_store.h"

#include <string_view>
#include <utility>

#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/terminal_session/store/rows.h"

namespace shiming::terminal_session {
namespace {

using sql::Row;
using sql::Rows;
using sql::Value;

// Terminals at which something is due; `sql` has the time and the limit.
absl::StatusOr<std::vector<DeviceId>> DueTerminals(sql::Snapshot& snapshot,
                                                   std::string_view sql,
                                                   absl::Time now, int limit) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      snapshot.Query(sql, {Value::Int(ToMicros(now)), Value::Int(limit)}));
  std::vector<DeviceId> terminals;
  for (const Row& row : rows) {
    terminals.push_back({row.Text(0), row.Text(1)});
  }
  return terminals;
}

absl::StatusOr<bool> DeleteEnds(sql::Transaction& tx, absl::Time before,
                                int limit) {
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Query("SELECT cursor_number, ended_us FROM ends"
                            " ORDER BY cursor_number LIMIT $1",
                            {Value::Int(limit)}));
  // Only from the front, so that the record has no gap.
  int64_t last = 0;
  int count = 0;
  for (const Row& row : rows) {
    if (FromMicros(row.Int(1)) >= before) break;
    last = row.Int(0);
    ++count;
  }
  if (count == 0) return false;
  RETURN_IF_ERROR(tx.Execute("DELETE FROM ends WHERE cursor_number <= $1",
                             {Value::Int(last)})
                      .status());
  return count == limit;
}

absl::StatusOr<bool> DeleteNonces(sql::Transaction& tx, absl::Time before,
                                  int limit) {
  ASSIGN_OR_RETURN(const Rows rows,
                   tx.Query("SELECT shop_id, session_id, nonce FROM nonces"
                            " WHERE expire_us < $1 ORDER BY expire_us LIMIT $2",
                            {Value::Int(ToMicros(before)), Value::Int(limit)}));
  for (const Row& row : rows) {
    RETURN_IF_ERROR(
        tx.Execute("DELETE FROM nonces WHERE shop_id = $1"
                   " AND session_id = $2 AND nonce = $3",
                   {Value::Text(row.Text(0)), Value::Text(row.Text(1)),
                    Value::Bytes(row.Bytes(2))})
            .status());
  }
  return static_cast<int>(rows.size()) == limit;
}

absl::StatusOr<bool> DeleteGuards(sql::Transaction& tx, absl::Time before,
                                  int limit) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      tx.Query("SELECT guard, version FROM sign_in_guards"
               " WHERE changed_us < $1 ORDER BY changed_us LIMIT $2",
               {Value::Int(ToMicros(before)), Value::Int(limit)}));
  for (const Row& row : rows) {
    RETURN_IF_ERROR(
        tx.Execute("DELETE FROM sign_in_guards"
                   " WHERE guard = $1 AND version = $2",
                   {Value::Bytes(row.Bytes(0)), Value::Int(row.Int(1))})
            .status());
  }
  return static_cast<int>(rows.size()) == limit;
}

}  // namespace

EndStore::Result<std::vector<EndRecord>> SqlEndStore::ReadEnds(int64_t after,
                                                               int limit) {
  using Ends = std::vector<EndRecord>;
  co_return co_await deps_.database.ReadValue(
      [&after, &limit](sql::Snapshot& snapshot) -> absl::StatusOr<Ends> {
        ASSIGN_OR_RETURN(
            const Rows rows,
            snapshot.Query("SELECT cursor_number, kind, ended_id, session_end"
                           " FROM ends WHERE cursor_number > $1"
                           " ORDER BY cursor_number LIMIT $2",
                           {Value::Int(after), Value::Int(limit)}));
        Ends ends;
        for (const Row& row : rows) {
          ends.push_back({.cursor = row.Int(0),
                          .kind = static_cast<int>(row.Int(1)),
                          .id = row.Text(2),
                          .end = static_cast<SessionEnd>(row.Int(3))});
        }
        return ends;
      });
}

EndStore::Result<int64_t> SqlEndStore::NewestCursor() {
  co_return co_await deps_.database.ReadValue(
      [](sql::Snapshot& snapshot) -> absl::StatusOr<int64_t> {
        ASSIGN_OR_RETURN(
            const std::optional<Row> row,
            snapshot.QueryAtMostOne(
                "SELECT newest FROM ends_head WHERE head_id = 1", {}));
        return row.has_value() ? row->Int(0) : 0;
      });
}

EndStore::Result<int> SqlEndStore::EndDue(absl::Time now, int limit) {
  struct Due {
    std::vector<DeviceId> sessions;
    std::vector<DeviceId> shifts;
  };
  CO_ASSIGN_OR_RETURN(
      const Due due,
      co_await deps_.database.ReadValue(
          [&now, &limit](sql::Snapshot& snapshot) -> absl::StatusOr<Due> {
            Due found;
            ASSIGN_OR_RETURN(
                found.sessions,
                DueTerminals(snapshot,
                             "SELECT shop_id, terminal_id FROM open_sessions"
                             " WHERE expire_us <= $1"
                             " ORDER BY expire_us LIMIT $2",
                             now, limit));
            ASSIGN_OR_RETURN(
                found.shifts,
                DueTerminals(snapshot,
                             "SELECT shop_id, terminal_id FROM open_shifts"
                             " WHERE expire_us <= $1"
                             " ORDER BY expire_us LIMIT $2",
                             now, limit));
            return found;
          }));
  int ended = 0;
  for (const DeviceId& terminal : due.sessions) {
    CO_ASSIGN_OR_RETURN(
        const bool done,
        co_await deps_.database.WriteValue([&](sql::Transaction& tx) {
          return EndDueSession(tx, terminal, now);
        }));
    ended += done ? 1 : 0;
  }
  for (const DeviceId& terminal : due.shifts) {
    CO_ASSIGN_OR_RETURN(
        const bool done,
        co_await deps_.database.WriteValue([&](sql::Transaction& tx) {
          return EndDueShift(tx, terminal, now);
        }));
    ended += done ? 1 : 0;
  }
  co_return ended;
}

absl::StatusOr<bool> SqlEndStore::EndDueSession(sql::Transaction& tx,
                                                const DeviceId& terminal,
                                                absl::Time now) const {
  ASSIGN_OR_RETURN(const std::optional<SessionRecord> session,
                   FindOpenSessionAt(tx, terminal));
  if (!session.has_value() || now < session->expire_time) return false;
  RETURN_IF_ERROR(endings_.EndSession(
      tx, *session,
      {.end = SessionEnd::SESSION_END_TIMED_OUT, .now = now, .trace_id = ""}));
  return true;
}

absl::StatusOr<bool> SqlEndStore::EndDueShift(sql::Transaction& tx,
                                              const DeviceId& terminal,
                                              absl::Time now) const {
  ASSIGN_OR_RETURN(const std::optional<ShiftRecord> shift,
                   FindOpenShiftAt(tx, terminal));
  if (!shift.has_value() || now < shift->expire_time) return false;
  RETURN_IF_ERROR(endings_.EndShift(
      tx, *shift,
      {.end = SessionEnd::SESSION_END_TIMED_OUT, .now = now, .trace_id = ""}));
  return true;
}

EndStore::Result<bool> SqlEndStore::DeleteOld(absl::Time before, int limit) {
  co_return co_await deps_.database.WriteValue([&](sql::Transaction& tx)
                                                   -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const bool more_ends, DeleteEnds(tx, before, limit));
    ASSIGN_OR_RETURN(const bool more_nonces, DeleteNonces(tx, before, limit));
    ASSIGN_OR_RETURN(const bool more_guards, DeleteGuards(tx, before, limit));
    ASSIGN_OR_RETURN(const int64_t requests,
                     deps_.requests.DeleteExpired(tx, limit));
    return more_ends || more_nonces || more_guards || requests >= limit;
  });
}

}  // namespace shiming::terminal_session

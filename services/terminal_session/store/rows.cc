#include "services/terminal_session/store/rows.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"

namespace shiming::terminal_session {
namespace {

using sql::Row;
using sql::Rows;
using sql::Value;

template <class T, class Read>
Found<T> One(sql::Snapshot& snapshot, std::string_view sql, sql::Params params,
             Read read) {
  ASSIGN_OR_RETURN(const std::optional<Row> row,
                   snapshot.QueryAtMostOne(sql, std::move(params)));
  if (!row.has_value()) return std::optional<T>();
  return std::optional<T>(read(*row));
}

DisplayRecord ReadDisplay(const Row& row) {
  return {.id = {row.Text(0), row.Text(1)},
          .in_force = row.Int(2) == 1,
          .tls_key_sha256 = row.Bytes(3),
          .terminal_id = row.TextOrEmpty(4),
          .approved_version = row.Int(5)};
}

ShiftRecord ReadShift(const Row& row) {
  return {.shift_id = row.Text(1),
          .terminal = {row.Text(0), row.Text(2)},
          .clerk_id = row.Text(3),
          .role = static_cast<ClerkRole>(row.Int(4)),
          .terminal_key_sha256 = row.Bytes(5),
          .evidence_public_key = row.Bytes(6),
          .open = row.Int(7) == 1,
          .open_time = FromMicros(row.Int(8)),
          .expire_time = FromMicros(row.Int(9)),
          .end = static_cast<SessionEnd>(row.Int(10))};
}

SessionRecord ReadSession(const Row& row) {
  return {.session_id = row.Text(1),
          .terminal = {row.Text(0), row.Text(2)},
          .display_id = row.Text(3),
          .shift_id = row.Text(4),
          .clerk_id = row.Text(5),
          .state = static_cast<SessionState>(row.Int(6)),
          .open_time = FromMicros(row.Int(7)),
          .expire_time = FromMicros(row.Int(8)),
          .end = static_cast<SessionEnd>(row.Int(9))};
}

absl::StatusOr<std::vector<ShiftRecord>> Shifts(sql::Snapshot& snapshot,
                                                std::string_view sql,
                                                sql::Params params) {
  ASSIGN_OR_RETURN(const Rows rows, snapshot.Query(sql, std::move(params)));
  std::vector<ShiftRecord> shifts;
  for (const Row& row : rows) shifts.push_back(ReadShift(row));
  return shifts;
}

}  // namespace

Found<ShopRecord> FindShop(sql::Snapshot& snapshot,
                           const std::string& shop_id) {
  ASSIGN_OR_RETURN(const std::optional<Row> row,
                   snapshot.QueryAtMostOne(
                       "SELECT in_force, content, approved_version FROM shops"
                       " WHERE shop_id = $1",
                       {Value::Text(shop_id)}));
  if (!row.has_value()) return std::optional<ShopRecord>();
  ShopRecord shop;
  shop.in_force = row->Int(0) == 1;
  if (!shop.shop.ParseFromString(row->Bytes(1))) {
    return MakeError(Reason::INTERNAL_ERROR, "stored shop does not parse");
  }
  shop.approved_version = row->Int(2);
  return std::optional<ShopRecord>(std::move(shop));
}

Found<TerminalRecord> FindTerminal(sql::Snapshot& snapshot,
                                   const DeviceId& id) {
  return One<TerminalRecord>(
      snapshot,
      "SELECT in_force, tls_key_sha256, evidence_public_key, approved_version"
      " FROM terminals WHERE shop_id = $1 AND terminal_id = $2",
      {Value::Text(id.shop_id), Value::Text(id.device_id)},
      [&id](const Row& row) {
        return TerminalRecord{.id = id,
                              .in_force = row.Int(0) == 1,
                              .tls_key_sha256 = row.Bytes(1),
                              .evidence_public_key = row.Bytes(2),
                              .approved_version = row.Int(3)};
      });
}

Found<DisplayRecord> FindDisplay(sql::Snapshot& snapshot, const DeviceId& id) {
  return One<DisplayRecord>(
      snapshot,
      "SELECT shop_id, display_id, in_force, tls_key_sha256, terminal_id,"
      " approved_version FROM displays"
      " WHERE shop_id = $1 AND display_id = $2",
      {Value::Text(id.shop_id), Value::Text(id.device_id)}, ReadDisplay);
}

Found<DisplayRecord> FindDisplayOf(sql::Snapshot& snapshot,
                                   const DeviceId& terminal) {
  return One<DisplayRecord>(
      snapshot,
      "SELECT shop_id, display_id, in_force, tls_key_sha256, terminal_id,"
      " approved_version FROM displays"
      " WHERE shop_id = $1 AND terminal_id = $2",
      {Value::Text(terminal.shop_id), Value::Text(terminal.device_id)},
      ReadDisplay);
}

Found<ClerkRecord> FindClerk(sql::Snapshot& snapshot,
                             const std::string& clerk_id) {
  return One<ClerkRecord>(
      snapshot,
      "SELECT shop_id, in_force, role, password_hash, totp_seed,"
      " last_totp_step, approved_version FROM clerks WHERE clerk_id = $1",
      {Value::Text(clerk_id)}, [&clerk_id](const Row& row) {
        return ClerkRecord{.clerk_id = clerk_id,
                           .shop_id = row.Text(0),
                           .in_force = row.Int(1) == 1,
                           .role = static_cast<ClerkRole>(row.Int(2)),
                           .password_hash = row.Text(3),
                           .sealed_totp_seed = row.Bytes(4),
                           .last_totp_step = row.Int(5),
                           .approved_version = row.Int(6)};
      });
}

Found<ShiftRecord> FindShift(sql::Snapshot& snapshot,
                             const std::string& shop_id,
                             const std::string& shift_id) {
  return One<ShiftRecord>(
      snapshot,
      "SELECT shop_id, shift_id, terminal_id, clerk_id, role,"
      " terminal_key_sha256, evidence_public_key, is_open, open_us, expire_us,"
      " shift_end FROM shifts WHERE shop_id = $1 AND shift_id = $2",
      {Value::Text(shop_id), Value::Text(shift_id)}, ReadShift);
}

Found<ShiftRecord> FindShiftById(sql::Snapshot& snapshot,
                                 const std::string& shift_id) {
  return One<ShiftRecord>(
      snapshot,
      "SELECT shop_id, shift_id, terminal_id, clerk_id, role,"
      " terminal_key_sha256, evidence_public_key, is_open, open_us, expire_us,"
      " shift_end FROM shifts WHERE shift_id = $1",
      {Value::Text(shift_id)}, ReadShift);
}

Found<ShiftRecord> FindOpenShiftAt(sql::Snapshot& snapshot,
                                   const DeviceId& terminal) {
  return One<ShiftRecord>(
      snapshot,
      "SELECT s.shop_id, s.shift_id, s.terminal_id, s.clerk_id, s.role,"
      " s.terminal_key_sha256, s.evidence_public_key, s.is_open, s.open_us,"
      " s.expire_us, s.shift_end FROM open_shifts o JOIN shifts s"
      " ON s.shop_id = o.shop_id AND s.shift_id = o.shift_id"
      " WHERE o.shop_id = $1 AND o.terminal_id = $2",
      {Value::Text(terminal.shop_id), Value::Text(terminal.device_id)},
      ReadShift);
}

absl::StatusOr<std::vector<ShiftRecord>> OpenShiftsOfShop(
    sql::Snapshot& snapshot, const std::string& shop_id) {
  return Shifts(
      snapshot,
      "SELECT s.shop_id, s.shift_id, s.terminal_id, s.clerk_id, s.role,"
      " s.terminal_key_sha256, s.evidence_public_key, s.is_open, s.open_us,"
      " s.expire_us, s.shift_end FROM open_shifts o JOIN shifts s"
      " ON s.shop_id = o.shop_id AND s.shift_id = o.shift_id"
      " WHERE o.shop_id = $1 ORDER BY o.terminal_id",
      {Value::Text(shop_id)});
}

absl::StatusOr<std::vector<ShiftRecord>> OpenShiftsOfClerk(
    sql::Snapshot& snapshot, const std::string& clerk_id) {
  return Shifts(
      snapshot,
      "SELECT s.shop_id, s.shift_id, s.terminal_id, s.clerk_id, s.role,"
      " s.terminal_key_sha256, s.evidence_public_key, s.is_open, s.open_us,"
      " s.expire_us, s.shift_end FROM open_shifts o JOIN shifts s"
      " ON s.shop_id = o.shop_id AND s.shift_id = o.shift_id"
      " WHERE o.clerk_id = $1 ORDER BY o.shop_id, o.terminal_id",
      {Value::Text(clerk_id)});
}

Found<SessionRecord> FindSession(sql::Snapshot& snapshot,
                                 const std::string& shop_id,
                                 const std::string& session_id) {
  return One<SessionRecord>(
      snapshot,
      "SELECT shop_id, session_id, terminal_id, display_id, shift_id,"
      " clerk_id, state, open_us, expire_us, session_end FROM sessions"
      " WHERE shop_id = $1 AND session_id = $2",
      {Value::Text(shop_id), Value::Text(session_id)}, ReadSession);
}

Found<SessionRecord> FindSessionById(sql::Snapshot& snapshot,
                                     const std::string& session_id) {
  return One<SessionRecord>(
      snapshot,
      "SELECT shop_id, session_id, terminal_id, display_id, shift_id,"
      " clerk_id, state, open_us, expire_us, session_end FROM sessions"
      " WHERE session_id = $1",
      {Value::Text(session_id)}, ReadSession);
}

Found<SessionRecord> FindOpenSessionAt(sql::Snapshot& snapshot,
                                       const DeviceId& terminal) {
  return One<SessionRecord>(
      snapshot,
      "SELECT s.shop_id, s.session_id, s.terminal_id, s.display_id,"
      " s.shift_id, s.clerk_id, s.state, s.open_us, s.expire_us,"
      " s.session_end FROM open_sessions o JOIN sessions s"
      " ON s.shop_id = o.shop_id AND s.session_id = o.session_id"
      " WHERE o.shop_id = $1 AND o.terminal_id = $2",
      {Value::Text(terminal.shop_id), Value::Text(terminal.device_id)},
      ReadSession);
}

Found<SessionRecord> FindOpenSessionOfDisplay(sql::Snapshot& snapshot,
                                              const DeviceId& display) {
  return One<SessionRecord>(
      snapshot,
      "SELECT s.shop_id, s.session_id, s.terminal_id, s.display_id,"
      " s.shift_id, s.clerk_id, s.state, s.open_us, s.expire_us,"
      " s.session_end FROM open_sessions o JOIN sessions s"
      " ON s.shop_id = o.shop_id AND s.session_id = o.session_id"
      " WHERE o.shop_id = $1 AND o.display_id = $2",
      {Value::Text(display.shop_id), Value::Text(display.device_id)},
      ReadSession);
}

absl::StatusOr<GuardRow> FindGuard(sql::Snapshot& snapshot,
                                   const std::string& guard) {
  ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      snapshot.QueryAtMostOne("SELECT failures, locked_until_us, version"
                              " FROM sign_in_guards WHERE guard = $1",
                              {Value::Bytes(guard)}));
  GuardRow found;
  if (!row.has_value()) return found;
  std::optional<absl::Time> locked_until;
  if (!row->IsNull(1)) locked_until = FromMicros(row->Int(1));
  found.failures = FailureWindow(row->Bytes(0), locked_until);
  found.version = row->Int(2);
  return found;
}

absl::Status ExecuteOneOrAgain(sql::Transaction& tx, std::string_view sql,
                               sql::Params params) {
  ASSIGN_OR_RETURN(const int64_t affected, tx.Execute(sql, std::move(params)));
  if (affected == 1) return absl::OkStatus();
  return sql::RunAgain("lost a compare-and-swap");
}

}  // namespace shiming::terminal_session

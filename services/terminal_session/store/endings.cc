#include "services/terminal_session/store/endings.h"

#include <utility>

#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/terminal_session/core/event_drafts.h"
#include "services/terminal_session/core/judgements.h"
#include "services/terminal_session/store/rows.h"
#include "shiming/terminal/v1/terminal_service.pb.h"

namespace shiming::terminal_session {
namespace {

using sql::Value;

std::vector<EventId> Because(const EndCause& cause) {
  std::vector<EventId> after;
  if (cause.because.has_value()) after.push_back(*cause.because);
  return after;
}

}  // namespace

absl::Status Endings::EndSession(sql::Transaction& tx,
                                 const SessionRecord& session,
                                 const EndCause& cause) const {
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE sessions SET state = $1, session_end = $2, end_us = $3"
      " WHERE shop_id = $4 AND session_id = $5 AND state = 1",
      {Value::Int(StateAfter(cause.end)), Value::Int(cause.end),
       Value::Int(ToMicros(cause.now)), Value::Text(session.terminal.shop_id),
       Value::Text(session.session_id)}));
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "DELETE FROM open_sessions"
      " WHERE shop_id = $1 AND terminal_id = $2 AND session_id = $3",
      {Value::Text(session.terminal.shop_id),
       Value::Text(session.terminal.device_id),
       Value::Text(session.session_id)}));
  RETURN_IF_ERROR(outbox_
                      .Add(tx, SessionClosed(session, cause.end, Because(cause),
                                             cause.trace_id))
                      .status());
  return Tell(tx, terminal::v1::END_KIND_SESSION, session.session_id, cause.end,
              cause.now);
}

absl::Status Endings::EndShift(sql::Transaction& tx, const ShiftRecord& shift,
                               const EndCause& cause) const {
  // The shift's own row first: whoever opens a session moves it too.
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE shifts SET is_open = 0, shift_end = $1, end_us = $2"
      " WHERE shop_id = $3 AND shift_id = $4 AND is_open = 1",
      {Value::Int(cause.end), Value::Int(ToMicros(cause.now)),
       Value::Text(shift.terminal.shop_id), Value::Text(shift.shift_id)}));
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "DELETE FROM open_shifts"
      " WHERE shop_id = $1 AND terminal_id = $2 AND shift_id = $3",
      {Value::Text(shift.terminal.shop_id),
       Value::Text(shift.terminal.device_id), Value::Text(shift.shift_id)}));
  ASSIGN_OR_RETURN(const std::optional<SessionRecord> session,
                   FindOpenSessionAt(tx, shift.terminal));
  if (session.has_value()) {
    EndCause session_cause = cause;
    session_cause.end = SessionEndOf(cause.end);
    RETURN_IF_ERROR(EndSession(tx, *session, session_cause));
  }
  RETURN_IF_ERROR(outbox_
                      .Add(tx, ShiftClosed(shift, cause.end, Because(cause),
                                           cause.trace_id))
                      .status());
  return Tell(tx, terminal::v1::END_KIND_SHIFT, shift.shift_id, cause.end,
              cause.now);
}

absl::Status Endings::EndShifts(sql::Transaction& tx,
                                const std::vector<ShiftRecord>& shifts,
                                const EndCause& cause) const {
  for (const ShiftRecord& shift : shifts) {
    RETURN_IF_ERROR(EndShift(tx, shift, cause));
  }
  return absl::OkStatus();
}

absl::Status Endings::Tell(sql::Transaction& tx, int kind,
                           const std::string& id, SessionEnd end,
                           absl::Time now) const {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> head,
      tx.QueryAtMostOne("SELECT newest FROM ends_head WHERE head_id = 1", {}));
  int64_t cursor = 1;
  if (head.has_value()) {
    cursor = head->Int(0) + 1;
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx,
        "UPDATE ends_head SET newest = $1 WHERE head_id = 1 AND newest = $2",
        {Value::Int(cursor), Value::Int(head->Int(0))}));
  } else {
    ASSIGN_OR_RETURN(const int64_t inserted,
                     tx.InsertIgnore("INSERT INTO ends_head (head_id, newest)"
                                     " VALUES (1, $1)",
                                     {Value::Int(cursor)}));
    if (inserted != 1) return sql::RunAgain("another made the head row");
  }
  return tx.ExecuteOne(
      "INSERT INTO ends (cursor_number, kind, ended_id, session_end, ended_us)"
      " VALUES ($1, $2, $3, $4, $5)",
      {Value::Int(cursor), Value::Int(kind), Value::Text(id), Value::Int(end),
       Value::Int(ToMicros(now))});
}

}  // namespace shiming::terminal_session

#include "services/terminal_session/store/sql_session_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/terminal_session/core/event_drafts.h"
#include "services/terminal_session/core/judgements.h"
#include "services/terminal_session/store/request_key.h"
#include "services/terminal_session/store/rows.h"

namespace shiming::terminal_session {
namespace {

using sql::Row;
using sql::Value;

// Empty when the shop is not in force.
absl::StatusOr<std::string> RegionOf(sql::Snapshot& snapshot,
                                     const std::string& shop_id) {
  ASSIGN_OR_RETURN(const std::optional<Row> row,
                   snapshot.QueryAtMostOne("SELECT region FROM shops"
                                           " WHERE shop_id = $1",
                                           {Value::Text(shop_id)}));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::optional<NonceRecord>> FindNonce(
    sql::Snapshot& snapshot, const SessionRecord& session,
    const std::string& nonce) {
  ASSIGN_OR_RETURN(const std::optional<Row> row,
                   snapshot.QueryAtMostOne(
                       "SELECT expire_us, evidence_sha256, replaced FROM nonces"
                       " WHERE shop_id = $1 AND session_id = $2"
                       " AND nonce = $3",
                       {Value::Text(session.terminal.shop_id),
                        Value::Text(session.session_id), Value::Bytes(nonce)}));
  if (!row.has_value()) return std::optional<NonceRecord>();
  return std::optional<NonceRecord>(
      NonceRecord{.nonce = nonce,
                  .expire_time = FromMicros(row->Int(0)),
                  .evidence_sha256 = row->BytesOrEmpty(1),
                  .replaced = row->Int(2) == 1});
}

// The nonce that the session may use at `now`.
absl::StatusOr<std::optional<NonceRecord>> FindValidNonce(
    sql::Snapshot& snapshot, const SessionRecord& session, absl::Time now) {
  ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      snapshot.QueryAtMostOne(
          "SELECT nonce, expire_us FROM nonces"
          " WHERE shop_id = $1 AND session_id = $2 AND replaced = 0"
          " AND evidence_sha256 IS NULL AND expire_us > $3",
          {Value::Text(session.terminal.shop_id),
           Value::Text(session.session_id), Value::Int(ToMicros(now))}));
  if (!row.has_value()) return std::optional<NonceRecord>();
  return std::optional<NonceRecord>(NonceRecord{
      .nonce = row->Bytes(0), .expire_time = FromMicros(row->Int(1))});
}

absl::StatusOr<std::optional<PermitRecord>> FindPermit(
    sql::Snapshot& snapshot, const std::string& order_id) {
  ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      snapshot.QueryAtMostOne(
          "SELECT permit_id, shop_id, display_id, session_id,"
          " request_id_sha256, event_version FROM permits WHERE order_id = $1",
          {Value::Text(order_id)}));
  if (!row.has_value()) return std::optional<PermitRecord>();
  PermitRecord permit = {
      .order_id = order_id,
      .permit_id = row->Text(0),
      .display = {row->Text(1), row->Text(2)},
      .session_id = row->Text(3),
      .request_id_sha256 = row->Bytes(4),
  };
  permit.event_id = OwnEvent(SessionAggregate(permit.session_id), row->Int(5));
  return std::optional<PermitRecord>(std::move(permit));
}

}  // namespace

SessionStore::Result<std::optional<ShiftRecord>> SqlSessionStore::FindShift(
    const std::string& shift_id) {
  co_return co_await deps_.database.ReadValue([&](sql::Snapshot& snapshot) {
    return FindShiftById(snapshot, shift_id);
  });
}

SessionStore::Result<StandingFacts> SqlSessionStore::LoadTerminal(
    const DeviceId& terminal, const std::string& shift_id,
    const std::string& session_id) {
  co_return co_await deps_.database.ReadValue(
      [&](sql::Snapshot& snapshot) -> absl::StatusOr<StandingFacts> {
        StandingFacts facts;
        if (!shift_id.empty()) {
          ASSIGN_OR_RETURN(facts.shift,
                           terminal_session::FindShift(
                               snapshot, terminal.shop_id, shift_id));
        }
        if (!session_id.empty()) {
          ASSIGN_OR_RETURN(facts.session,
                           FindSession(snapshot, terminal.shop_id, session_id));
        } else {
          ASSIGN_OR_RETURN(facts.display, FindDisplayOf(snapshot, terminal));
        }
        ASSIGN_OR_RETURN(facts.region, RegionOf(snapshot, terminal.shop_id));
        return facts;
      });
}

SessionStore::Result<StandingFacts> SqlSessionStore::LoadDisplay(
    const DeviceId& display, const std::string& session_id) {
  co_return co_await deps_.database.ReadValue(
      [&](sql::Snapshot& snapshot) -> absl::StatusOr<StandingFacts> {
        StandingFacts facts;
        ASSIGN_OR_RETURN(facts.display, FindDisplay(snapshot, display));
        if (session_id.empty()) {
          ASSIGN_OR_RETURN(facts.session,
                           FindOpenSessionOfDisplay(snapshot, display));
        } else {
          // Of any shop, to tell another's session from none.
          ASSIGN_OR_RETURN(facts.session,
                           FindSessionById(snapshot, session_id));
        }
        if (facts.session.has_value()) {
          ASSIGN_OR_RETURN(facts.shift,
                           terminal_session::FindShift(
                               snapshot, facts.session->terminal.shop_id,
                               facts.session->shift_id));
        }
        ASSIGN_OR_RETURN(facts.region, RegionOf(snapshot, display.shop_id));
        return facts;
      });
}

absl::StatusOr<ShiftRecord> SqlSessionStore::OpenShiftOf(
    sql::Transaction& tx, const ShiftCall& call) const {
  ASSIGN_OR_RETURN(
      std::optional<ShiftRecord> shift,
      terminal_session::FindShift(tx, call.terminal.shop_id, call.shift_id));
  RETURN_IF_ERROR(JudgeShift(shift, call.terminal, call.mutation.now));
  return *std::move(shift);
}

absl::StatusOr<SessionRecord> SqlSessionStore::SessionOf(
    sql::Transaction& tx, const DeviceId& terminal,
    const std::string& session_id) const {
  ASSIGN_OR_RETURN(std::optional<SessionRecord> session,
                   FindSession(tx, terminal.shop_id, session_id));
  RETURN_IF_ERROR(JudgeSessionOf(session, terminal));
  return *std::move(session);
}

SessionStore::Result<SessionWithNonce> SqlSessionStore::Open(
    const OpenSession& command) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) { return OpenIn(tx, command); });
}

absl::StatusOr<SessionWithNonce> SqlSessionStore::OpenIn(
    sql::Transaction& tx, const OpenSession& command) const {
  const Mutation& mutation = command.call.mutation;
  const DeviceId& terminal = command.call.terminal;
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Claim(tx, KeyOf(mutation), mutation.content_hash,
                           command.session_id));
  if (earlier.has_value()) {
    return Repeat(tx, command.call, *earlier, command.nonce,
                  command.nonce_time);
  }
  ASSIGN_OR_RETURN(const ShiftRecord shift, OpenShiftOf(tx, command.call));
  ASSIGN_OR_RETURN(const std::optional<DisplayRecord> display,
                   FindDisplayOf(tx, terminal));
  if (!display.has_value() || !display->in_force) {
    return MakeError(Reason::NO_DISPLAY_PAIRED, "no display is paired");
  }
  // Holds the rows that the session rests on against a revocation.
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE shifts SET session_count = session_count + 1"
      " WHERE shop_id = $1 AND shift_id = $2 AND is_open = 1",
      {Value::Text(terminal.shop_id), Value::Text(shift.shift_id)}));
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE displays SET session_count = session_count + 1"
      " WHERE shop_id = $1 AND display_id = $2 AND terminal_id = $3"
      " AND in_force = 1",
      {Value::Text(terminal.shop_id), Value::Text(display->id.device_id),
       Value::Text(terminal.device_id)}));
  RETURN_IF_ERROR(MakeRoom(tx, command));

  SessionWithNonce opened;
  opened.session = {
      .session_id = command.session_id,
      .terminal = terminal,
      .display_id = display->id.device_id,
      .shift_id = shift.shift_id,
      .clerk_id = shift.clerk_id,
      .state = SessionState::SESSION_STATE_OPEN,
      .open_time = mutation.now,
      .expire_time =
          std::min(mutation.now + command.session_time, shift.expire_time),
  };
  RETURN_IF_ERROR(InsertSession(tx, opened.session));
  ASSIGN_OR_RETURN(opened.nonce, GiveNonce(tx, opened.session, command.nonce,
                                           mutation.now, command.nonce_time));
  const std::vector<EventId> after = {
      ShiftOpenedId(shift.shift_id),
      OwnEvent(SubjectAggregate(SubjectKind::SUBJECT_KIND_DISPLAY,
                                display->id.Path()),
               display->approved_version)};
  RETURN_IF_ERROR(
      deps_.outbox
          .Add(tx, SessionOpened(opened.session, after, mutation.trace_id))
          .status());
  return opened;
}

absl::Status SqlSessionStore::MakeRoom(sql::Transaction& tx,
                                       const OpenSession& command) const {
  const Mutation& mutation = command.call.mutation;
  ASSIGN_OR_RETURN(const std::optional<SessionRecord> open,
                   FindOpenSessionAt(tx, command.call.terminal));
  if (!open.has_value()) return absl::OkStatus();
  if (mutation.now < open->expire_time) {
    return MakeError(Reason::TERMINAL_BUSY, "a session is open here");
  }
  return endings_.EndSession(tx, *open,
                             {.end = SessionEnd::SESSION_END_TIMED_OUT,
                              .now = mutation.now,
                              .trace_id = mutation.trace_id});
}

absl::Status SqlSessionStore::InsertSession(
    sql::Transaction& tx, const SessionRecord& session) const {
  // The key by which a terminal, and a display, has one open session.
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO open_sessions (shop_id, terminal_id, session_id,"
          " display_id, expire_us) VALUES ($1, $2, $3, $4, $5)",
          {Value::Text(session.terminal.shop_id),
           Value::Text(session.terminal.device_id),
           Value::Text(session.session_id), Value::Text(session.display_id),
           Value::Int(ToMicros(session.expire_time))}));
  if (inserted != 1) return sql::RunAgain("another session was opened here");
  return tx.ExecuteOne(
      "INSERT INTO sessions (shop_id, session_id, terminal_id, display_id,"
      " shift_id, clerk_id, state, open_us, expire_us, session_end,"
      " nonce_count, permit_count)"
      " VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, 0, 0, 0)",
      {Value::Text(session.terminal.shop_id), Value::Text(session.session_id),
       Value::Text(session.terminal.device_id), Value::Text(session.display_id),
       Value::Text(session.shift_id), Value::Text(session.clerk_id),
       Value::Int(ToMicros(session.open_time)),
       Value::Int(ToMicros(session.expire_time))});
}

absl::StatusOr<NonceRecord> SqlSessionStore::GiveNonce(
    sql::Transaction& tx, const SessionRecord& session,
    const std::string& nonce, absl::Time now, absl::Duration nonce_time) const {
  // The session's row first: two at once give nonces one after the other, and
  // none to a session that ends meanwhile.
  ASSIGN_OR_RETURN(
      const int64_t counted,
      tx.Execute(
          "UPDATE sessions SET nonce_count = nonce_count + 1"
          " WHERE shop_id = $1 AND session_id = $2 AND state = 1"
          " AND nonce_count < $3",
          {Value::Text(session.terminal.shop_id),
           Value::Text(session.session_id), Value::Int(kMaxNoncesPerSession)}));
  if (counted != 1) {
    return MakeError(Reason::NONCE_LIMIT, "too many nonces in one session");
  }
  RETURN_IF_ERROR(tx.Execute("UPDATE nonces SET replaced = 1"
                             " WHERE shop_id = $1 AND session_id = $2"
                             " AND replaced = 0 AND evidence_sha256 IS NULL",
                             {Value::Text(session.terminal.shop_id),
                              Value::Text(session.session_id)})
                      .status());
  const NonceRecord record = {.nonce = nonce, .expire_time = now + nonce_time};
  RETURN_IF_ERROR(tx.ExecuteOne(
      "INSERT INTO nonces (shop_id, session_id, nonce, expire_us, replaced)"
      " VALUES ($1, $2, $3, $4, 0)",
      {Value::Text(session.terminal.shop_id), Value::Text(session.session_id),
       Value::Bytes(nonce), Value::Int(ToMicros(record.expire_time))}));
  return record;
}

absl::StatusOr<SessionWithNonce> SqlSessionStore::Repeat(
    sql::Transaction& tx, const ShiftCall& call, const std::string& session_id,
    const std::string& fresh_nonce, absl::Duration nonce_time) const {
  const absl::Time now = call.mutation.now;
  SessionWithNonce repeated;
  ASSIGN_OR_RETURN(repeated.session, SessionOf(tx, call.terminal, session_id));
  if (!JudgeSessionOpen(repeated.session, now).ok()) return repeated;
  ASSIGN_OR_RETURN(repeated.nonce, FindValidNonce(tx, repeated.session, now));
  if (!repeated.nonce.has_value()) {
    ASSIGN_OR_RETURN(repeated.nonce, GiveNonce(tx, repeated.session,
                                               fresh_nonce, now, nonce_time));
  }
  return repeated;
}

SessionStore::Result<SessionWithNonce> SqlSessionStore::Issue(
    const IssueNonce& command) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) { return IssueIn(tx, command); });
}

absl::StatusOr<SessionWithNonce> SqlSessionStore::IssueIn(
    sql::Transaction& tx, const IssueNonce& command) const {
  const Mutation& mutation = command.call.mutation;
  RETURN_IF_ERROR(OpenShiftOf(tx, command.call).status());
  ASSIGN_OR_RETURN(SessionRecord session,
                   SessionOf(tx, command.call.terminal, command.session_id));
  RETURN_IF_ERROR(JudgeSessionOpen(session, mutation.now));
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Claim(tx, KeyOf(mutation), mutation.content_hash,
                           session.session_id));
  if (earlier.has_value()) {
    return Repeat(tx, command.call, *earlier, command.nonce,
                  command.nonce_time);
  }
  SessionWithNonce issued;
  ASSIGN_OR_RETURN(issued.nonce, GiveNonce(tx, session, command.nonce,
                                           mutation.now, command.nonce_time));
  issued.session = std::move(session);
  return issued;
}

boost::asio::awaitable<absl::Status> SqlSessionStore::Consume(
    const std::string& session_id, const std::string& nonce,
    const std::string& evidence_sha256, absl::Time now) {
  co_return co_await deps_.database.Write([&](sql::Transaction& tx) {
    return ConsumeIn(tx, session_id, nonce, evidence_sha256, now);
  });
}

absl::Status SqlSessionStore::ConsumeIn(sql::Transaction& tx,
                                        const std::string& session_id,
                                        const std::string& nonce,
                                        const std::string& evidence_sha256,
                                        absl::Time now) const {
  ASSIGN_OR_RETURN(const std::optional<SessionRecord> session,
                   FindSessionById(tx, session_id));
  if (!session.has_value()) {
    return MakeError(Reason::NONCE_UNKNOWN, "no such session",
                     {.field = "session_id"});
  }
  ASSIGN_OR_RETURN(const std::optional<NonceRecord> found,
                   FindNonce(tx, *session, nonce));
  ASSIGN_OR_RETURN(const NonceVerdict verdict,
                   JudgeNonce(found, evidence_sha256, now));
  if (verdict == NonceVerdict::kSpentForThis) return absl::OkStatus();
  RETURN_IF_ERROR(JudgeSessionOpen(*session, now));
  return ExecuteOneOrAgain(
      tx,
      "UPDATE nonces SET evidence_sha256 = $1"
      " WHERE shop_id = $2 AND session_id = $3 AND nonce = $4"
      " AND evidence_sha256 IS NULL AND replaced = 0",
      {Value::Bytes(evidence_sha256), Value::Text(session->terminal.shop_id),
       Value::Text(session_id), Value::Bytes(nonce)});
}

SessionStore::Result<SessionRecord> SqlSessionStore::Close(
    const ShiftCall& call, const std::string& session_id) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) { return CloseIn(tx, call, session_id); });
}

absl::StatusOr<SessionRecord> SqlSessionStore::CloseIn(
    sql::Transaction& tx, const ShiftCall& call,
    const std::string& session_id) const {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Claim(tx, KeyOf(call.mutation), call.mutation.content_hash,
                           session_id));
  if (earlier.has_value()) return SessionOf(tx, call.terminal, *earlier);
  RETURN_IF_ERROR(OpenShiftOf(tx, call).status());
  ASSIGN_OR_RETURN(SessionRecord session,
                   SessionOf(tx, call.terminal, session_id));
  RETURN_IF_ERROR(JudgeSessionOpen(session, call.mutation.now));
  RETURN_IF_ERROR(endings_.EndSession(tx, session,
                                      {.end = SessionEnd::SESSION_END_CLOSED,
                                       .now = call.mutation.now,
                                       .trace_id = call.mutation.trace_id}));
  session.end = SessionEnd::SESSION_END_CLOSED;
  session.state = StateAfter(session.end);
  return session;
}

boost::asio::awaitable<absl::Status> SqlSessionStore::SignOut(
    const ShiftCall& call) {
  co_return co_await deps_.database.Write(
      [&](sql::Transaction& tx) { return SignOutIn(tx, call); });
}

absl::Status SqlSessionStore::SignOutIn(sql::Transaction& tx,
                                        const ShiftCall& call) const {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Claim(tx, KeyOf(call.mutation), call.mutation.content_hash,
                           call.shift_id));
  if (earlier.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const ShiftRecord shift, OpenShiftOf(tx, call));
  return endings_.EndShift(tx, shift,
                           {.end = SessionEnd::SESSION_END_CLOSED,
                            .now = call.mutation.now,
                            .trace_id = call.mutation.trace_id});
}

SessionStore::Result<bool> SqlSessionStore::EndShift(
    const ShiftRecord& shift, SessionEnd end, const std::string& trace_id,
    absl::Time now) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const std::optional<ShiftRecord> present,
                         terminal_session::FindShift(tx, shift.terminal.shop_id,
                                                     shift.shift_id));
        if (!present.has_value() || !present->open) return false;
        RETURN_IF_ERROR(endings_.EndShift(
            tx, *present, {.end = end, .now = now, .trace_id = trace_id}));
        return true;
      });
}

SessionStore::Result<PermitRecord> SqlSessionStore::Permit(
    const TakePermit& command) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) { return PermitIn(tx, command); });
}

absl::StatusOr<PermitRecord> SqlSessionStore::PermitIn(
    sql::Transaction& tx, const TakePermit& command) const {
  const DeviceId& device = command.display.device;
  ASSIGN_OR_RETURN(const std::optional<DisplayRecord> display,
                   FindDisplay(tx, device));
  RETURN_IF_ERROR(JudgeDisplay(display, command.display));
  ASSIGN_OR_RETURN(const std::optional<SessionRecord> session,
                   FindSessionById(tx, command.session_id));
  std::optional<ShiftRecord> shift;
  if (session.has_value()) {
    ASSIGN_OR_RETURN(shift,
                     terminal_session::FindShift(tx, session->terminal.shop_id,
                                                 session->shift_id));
  }
  RETURN_IF_ERROR(JudgeDisplaySession(session, shift, device, command.now));
  ASSIGN_OR_RETURN(const std::optional<PermitRecord> taken,
                   FindPermit(tx, command.order_id));
  if (taken.has_value()) {
    const bool same = taken->display == device &&
                      taken->session_id == command.session_id &&
                      taken->request_id_sha256 == command.request_id_sha256;
    if (same) return *taken;
    return MakeError(Reason::PERMIT_TAKEN,
                     "another request holds the permit of this order");
  }
  // Here reveal and revocation are put in order: whatever ends the session
  // moves this row too.
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE sessions SET permit_count = permit_count + 1"
      " WHERE shop_id = $1 AND session_id = $2 AND state = 1",
      {Value::Text(device.shop_id), Value::Text(command.session_id)}));
  PermitRecord permit = {
      .order_id = command.order_id,
      .permit_id = command.permit_id,
      .display = device,
      .session_id = command.session_id,
      .request_id_sha256 = command.request_id_sha256,
  };
  ASSIGN_OR_RETURN(permit.event_id,
                   deps_.outbox.Add(tx, RevealPermitted(permit, *session,
                                                        command.order_ready,
                                                        command.trace_id)));
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO permits (order_id, permit_id, shop_id, session_id,"
          " display_id, request_id_sha256, event_version, permitted_us)"
          " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
          {Value::Text(permit.order_id), Value::Text(permit.permit_id),
           Value::Text(device.shop_id), Value::Text(permit.session_id),
           Value::Text(device.device_id),
           Value::Bytes(permit.request_id_sha256),
           Value::Int(permit.event_id.version()),
           Value::Int(ToMicros(command.now))}));
  if (inserted != 1) return sql::RunAgain("another took the permit");
  return permit;
}

}  // namespace shiming::terminal_session

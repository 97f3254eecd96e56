#include "services/terminal_session/store/repair.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/totp.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "common/time/proto_time.h"
#include "services/terminal_session/core/event_drafts.h"
#include "services/terminal_session/core/judgements.h"
#include "services/terminal_session/store/endings.h"
#include "services/terminal_session/store/proposal_rows.h"
#include "services/terminal_session/store/repair_facts.h"
#include "services/terminal_session/store/rows.h"
#include "shiming/terminal/v1/terminal_service.pb.h"

namespace shiming::terminal_session {
namespace {

using ledger::v1::Event;
using sql::Row;
using sql::Rows;
using sql::Value;

constexpr std::string_view kWhy = "database repaired";
// A repair's cursors of WatchEnds begin at a multiple of this: no copy has ever
// given so many.
constexpr int kCursorBits = 32;
// A code may be of the step behind the present one (totp_check.cc).
constexpr int64_t kStepsAhead = 1;

// The id behind "<shop>/" of a device's path.
DeviceId DeviceOf(const std::string& path) {
  const size_t slash = path.find('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

int EndKindOf(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::SUBJECT_KIND_SHOP:
      return terminal::v1::END_KIND_SHOP;
    case SubjectKind::SUBJECT_KIND_TERMINAL:
      return terminal::v1::END_KIND_TERMINAL;
    case SubjectKind::SUBJECT_KIND_DISPLAY:
      return terminal::v1::END_KIND_DISPLAY;
    default:
      return terminal::v1::END_KIND_CLERK;
  }
}

ledger::v1::EventKind RevokedKindOf(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::SUBJECT_KIND_SHOP:
      return ledger::v1::EVENT_KIND_SHOP_REVOKED;
    case SubjectKind::SUBJECT_KIND_TERMINAL:
      return ledger::v1::EVENT_KIND_TERMINAL_REVOKED;
    case SubjectKind::SUBJECT_KIND_DISPLAY:
      return ledger::v1::EVENT_KIND_DISPLAY_REVOKED;
    default:
      return ledger::v1::EVENT_KIND_CLERK_REVOKED;
  }
}

// A draft that says the same of shift or session as its first event.
Event DraftFrom(const Event& recorded, ledger::v1::EventKind kind) {
  Event draft = recorded;
  draft.set_kind(kind);
  draft.clear_after();
  draft.clear_once_key();
  draft.clear_trace_id();
  return draft;
}

class Repairer {
 public:
  Repairer(sql::Transaction& tx, const RepairContext& context,
           const RepairFacts& facts)
      : tx_(tx), context_(context), facts_(facts), endings_(context.outbox) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    RETURN_IF_ERROR(LeapCursors());
    RETURN_IF_ERROR(EndOpenSessions());
    RETURN_IF_ERROR(EndUnknownSessions());
    RETURN_IF_ERROR(EndOpenShifts());
    RETURN_IF_ERROR(EndUnknownShifts());
    for (const auto& [aggregate, subject] : facts_.subjects) {
      RETURN_IF_ERROR(RepairSubject(aggregate, subject));
    }
    RETURN_IF_ERROR(Unpair());
    RETURN_IF_ERROR(KeepPermits());
    RETURN_IF_ERROR(UseUpSteps());
    return std::move(lines_);
  }

 private:
  template <class... Parts>
  void Line(const Parts&... parts) {
    lines_.push_back(absl::StrCat(parts...));
  }

  // Those who watch hold cursors that this copy has never given out.
  absl::Status LeapCursors() {
    const int64_t newest = (context_.earlier_repairs + 1) << kCursorBits;
    RETURN_IF_ERROR(tx_.InsertIgnore("INSERT INTO ends_head (head_id, newest)"
                                     " VALUES (1, $1)",
                                     {Value::Int(newest)})
                        .status());
    RETURN_IF_ERROR(tx_.Execute("UPDATE ends_head SET newest = $1"
                                " WHERE head_id = 1 AND newest < $1",
                                {Value::Int(newest)})
                        .status());
    Line("cursors of ended sessions go on from ", newest);
    return absl::OkStatus();
  }

  EndCause CauseAt(const Place& place, absl::Time opened) const {
    EndCause cause{.end = SessionEnd::SESSION_END_REPAIRED,
                   .now = context_.now,
                   .trace_id = ""};
    const Event* first = FirstEndOf(facts_, place, opened);
    if (first != nullptr) {
      cause.end = SessionEnd::SESSION_END_REVOKED;
      cause.because = first->id();
    }
    return cause;
  }

  // What the record has closed is closed here without another event.
  absl::Status CloseSessionRow(const SessionRecord& session, SessionEnd end) {
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx_,
        "UPDATE sessions SET state = $1, session_end = $2, end_us = $3"
        " WHERE shop_id = $4 AND session_id = $5 AND state = 1",
        {Value::Int(StateAfter(end)), Value::Int(end),
         Value::Int(ToMicros(context_.now)),
         Value::Text(session.terminal.shop_id),
         Value::Text(session.session_id)}));
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx_,
        "DELETE FROM open_sessions"
        " WHERE shop_id = $1 AND terminal_id = $2 AND session_id = $3",
        {Value::Text(session.terminal.shop_id),
         Value::Text(session.terminal.device_id),
         Value::Text(session.session_id)}));
    return endings_.Tell(tx_, terminal::v1::END_KIND_SESSION,
                         session.session_id, end, context_.now);
  }

  absl::Status CloseShiftRow(const ShiftRecord& shift, SessionEnd end) {
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx_,
        "UPDATE shifts SET is_open = 0, shift_end = $1, end_us = $2"
        " WHERE shop_id = $3 AND shift_id = $4 AND is_open = 1",
        {Value::Int(end), Value::Int(ToMicros(context_.now)),
         Value::Text(shift.terminal.shop_id), Value::Text(shift.shift_id)}));
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx_,
        "DELETE FROM open_shifts"
        " WHERE shop_id = $1 AND terminal_id = $2 AND shift_id = $3",
        {Value::Text(shift.terminal.shop_id),
         Value::Text(shift.terminal.device_id), Value::Text(shift.shift_id)}));
    return endings_.Tell(tx_, terminal::v1::END_KIND_SHIFT, shift.shift_id, end,
                         context_.now);
  }

  absl::Status EndOpenSessions() {
    ASSIGN_OR_RETURN(const Rows rows,
                     tx_.Query("SELECT shop_id, terminal_id FROM open_sessions"
                               " ORDER BY shop_id, terminal_id",
                               {}));
    for (const Row& row : rows) {
      ASSIGN_OR_RETURN(const std::optional<SessionRecord> session,
                       FindOpenSessionAt(tx_, {row.Text(0), row.Text(1)}));
      if (!session.has_value()) {
        return MakeError(Reason::INTERNAL_ERROR, "an open session is missing");
      }
      const auto recorded = facts_.sessions.find(session->session_id);
      if (recorded != facts_.sessions.end() &&
          recorded->second.closed.has_value()) {
        RETURN_IF_ERROR(
            CloseSessionRow(*session, recorded->second.closed->session_end()));
        Line("session ", session->session_id, " has ended on the record");
        continue;
      }
      const std::string terminal = session->terminal.Path();
      const std::string display = session->display().Path();
      const EndCause cause = CauseAt({.shop = session->terminal.shop_id,
                                      .terminal = terminal,
                                      .display = display,
                                      .clerk = session->clerk_id},
                                     session->open_time);
      RETURN_IF_ERROR(endings_.EndSession(tx_, *session, cause));
      Line("session ", session->session_id, " at ", terminal, " ends");
    }
    return absl::OkStatus();
  }

  absl::Status EndOpenShifts() {
    ASSIGN_OR_RETURN(const Rows rows,
                     tx_.Query("SELECT shop_id, terminal_id FROM open_shifts"
                               " ORDER BY shop_id, terminal_id",
                               {}));
    for (const Row& row : rows) {
      ASSIGN_OR_RETURN(const std::optional<ShiftRecord> shift,
                       FindOpenShiftAt(tx_, {row.Text(0), row.Text(1)}));
      if (!shift.has_value()) {
        return MakeError(Reason::INTERNAL_ERROR, "an open shift is missing");
      }
      const auto recorded = facts_.shifts.find(shift->shift_id);
      if (recorded != facts_.shifts.end() &&
          recorded->second.closed.has_value()) {
        RETURN_IF_ERROR(
            CloseShiftRow(*shift, recorded->second.closed->session_end()));
        Line("shift ", shift->shift_id, " has ended on the record");
        continue;
      }
      const std::string terminal = shift->terminal.Path();
      const EndCause cause = CauseAt({.shop = shift->terminal.shop_id,
                                      .terminal = terminal,
                                      .clerk = shift->clerk_id},
                                     shift->open_time);
      RETURN_IF_ERROR(endings_.EndShift(tx_, *shift, cause));
      Line("shift ", shift->shift_id, " at ", terminal, " ends");
    }
    return absl::OkStatus();
  }

  // Ends on the record what the copy does not know. Orders of these sessions
  // hear of it by WatchEnds, of those that ended in the gap once more.
  absl::Status EndUnknown(const std::string& id, const PlaceFacts& place,
                          ledger::v1::EventKind closed_kind, int end_kind,
                          std::string_view name) {
    if (!place.opened.has_value()) return absl::OkStatus();
    if (place.closed.has_value()) {
      return endings_.Tell(tx_, end_kind, id, place.closed->session_end(),
                           context_.now);
    }
    const Event& opened = *place.opened;
    const EndCause cause = CauseAt({.shop = opened.shop(),
                                    .terminal = opened.terminal(),
                                    .display = opened.display(),
                                    .clerk = opened.clerk()},
                                   FromProto(opened.time()));
    Event draft = DraftFrom(opened, closed_kind);
    draft.set_session_end(cause.end);
    if (cause.because.has_value()) *draft.add_after() = *cause.because;
    RETURN_IF_ERROR(context_.outbox.Add(tx_, std::move(draft)).status());
    RETURN_IF_ERROR(endings_.Tell(tx_, end_kind, id, cause.end, context_.now));
    Line(std::string(name), " ", id, " at ", opened.terminal(),
         ", known by the record only, ends");
    return absl::OkStatus();
  }

  absl::Status EndUnknownSessions() {
    for (const auto& [id, session] : facts_.sessions) {
      RETURN_IF_ERROR(EndUnknown(id, session,
                                 ledger::v1::EVENT_KIND_SESSION_CLOSED,
                                 terminal::v1::END_KIND_SESSION, "session"));
    }
    return absl::OkStatus();
  }

  absl::Status EndUnknownShifts() {
    for (const auto& [id, shift] : facts_.shifts) {
      RETURN_IF_ERROR(EndUnknown(id, shift, ledger::v1::EVENT_KIND_SHIFT_CLOSED,
                                 terminal::v1::END_KIND_SHIFT, "shift"));
    }
    return absl::OkStatus();
  }

  absl::Status RepairSubject(const std::string& aggregate,
                             const SubjectFacts& subject) {
    if (subject.locked.has_value()) {
      RETURN_IF_ERROR(Lock(subject.subject_id, *subject.locked));
    }
    if (!subject.last_act.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(TakeBack(aggregate, subject));
    if (!subject.in_force.value_or(false)) return absl::OkStatus();
    Event draft = DraftFrom(*subject.last_act, RevokedKindOf(subject.kind));
    draft.set_admin(context_.admin);
    RETURN_IF_ERROR(context_.outbox.Add(tx_, std::move(draft)).status());
    Line(aggregate, ", approved since, is revoked: two admins approve again");
    return absl::OkStatus();
  }

  // The copy's own proposal and rights, where the record went on.
  absl::Status TakeBack(const std::string& aggregate,
                        const SubjectFacts& subject) {
    ASSIGN_OR_RETURN(SubjectHead head,
                     FindHead(tx_, subject.kind, subject.subject_id));
    if (head.version == 0) {
      if (!subject.in_force.value_or(true)) {
        Line(aggregate, ", known by the record only, stays revoked");
      }
      return absl::OkStatus();
    }
    const std::optional<int64_t> waiting = head.waiting_number;
    const bool ends =
        subject.in_force.has_value() && head.in_force_number.has_value();
    const std::optional<int64_t> in_force = head.in_force_number;
    if (!waiting.has_value() && !ends) return absl::OkStatus();
    head.waiting_number.reset();
    if (ends) head.in_force_number.reset();
    RETURN_IF_ERROR(MoveHead(tx_, subject.kind, subject.subject_id, head));
    if (waiting.has_value()) {
      RETURN_IF_ERROR(Withdraw(subject, *waiting, in_force.has_value()));
      Line(aggregate, ": the waiting proposal is withdrawn");
    }
    if (!ends) return absl::OkStatus();
    RETURN_IF_ERROR(RevokeProposal(subject, *in_force));
    RETURN_IF_ERROR(TakeOutOfForce(subject));
    Line(aggregate, " is out of force");
    return endings_.Tell(tx_, EndKindOf(subject.kind), subject.subject_id,
                         SessionEnd::SESSION_END_REVOKED, context_.now);
  }

  // As a revocation does: a subject without rights keeps one proposal by which
  // it is listed.
  absl::Status Withdraw(const SubjectFacts& subject, int64_t number,
                        bool has_another) {
    if (!has_another) return RevokeProposal(subject, number);
    ASSIGN_OR_RETURN(
        const SubjectRecord record,
        GetProposal(tx_, subject.kind, subject.subject_id, number));
    return SetProposalState(tx_, record, kReplaced);
  }

  absl::Status RevokeProposal(const SubjectFacts& subject, int64_t number) {
    ASSIGN_OR_RETURN(
        const SubjectRecord record,
        GetProposal(tx_, subject.kind, subject.subject_id, number));
    RETURN_IF_ERROR(ReplaceOlder(tx_, record));
    return ExecuteOneOrAgain(
        tx_,
        "UPDATE proposals SET state = 3, revoked_by = $1, revoked_us = $2,"
        " revoked_why = $3"
        " WHERE kind = $4 AND subject_id = $5 AND number = $6",
        {Value::Text(context_.admin), Value::Int(ToMicros(context_.now)),
         Value::Text(std::string(kWhy)), Value::Int(subject.kind),
         Value::Text(subject.subject_id), Value::Int(number)});
  }

  // The typed rows. Nothing rests on them any more: all shifts have ended.
  absl::Status TakeOutOfForce(const SubjectFacts& subject) {
    RETURN_IF_ERROR(
        tx_.Execute("DELETE FROM pinned_keys"
                    " WHERE kind = $1 AND subject_id = $2",
                    {Value::Int(subject.kind), Value::Text(subject.subject_id)})
            .status());
    switch (subject.kind) {
      case SubjectKind::SUBJECT_KIND_SHOP:
        return ExecuteOneOrAgain(
            tx_, "UPDATE shops SET in_force = 0 WHERE shop_id = $1",
            {Value::Text(subject.subject_id)});
      case SubjectKind::SUBJECT_KIND_TERMINAL: {
        const DeviceId id = DeviceOf(subject.subject_id);
        return ExecuteOneOrAgain(
            tx_,
            "UPDATE terminals SET in_force = 0"
            " WHERE shop_id = $1 AND terminal_id = $2",
            {Value::Text(id.shop_id), Value::Text(id.device_id)});
      }
      case SubjectKind::SUBJECT_KIND_DISPLAY: {
        const DeviceId id = DeviceOf(subject.subject_id);
        return ExecuteOneOrAgain(
            tx_,
            "UPDATE displays SET in_force = 0, terminal_id = $1"
            " WHERE shop_id = $2 AND display_id = $3",
            {Value::NullText(), Value::Text(id.shop_id),
             Value::Text(id.device_id)});
      }
      default:
        return ExecuteOneOrAgain(
            tx_, "UPDATE clerks SET in_force = 0 WHERE clerk_id = $1",
            {Value::Text(subject.subject_id)});
    }
  }

  // A display whose place another one took on the record does not have it here
  // either, although that other one is revoked now.
  absl::Status Unpair() {
    for (const auto& [terminal, display] : facts_.paired) {
      ASSIGN_OR_RETURN(const std::optional<DisplayRecord> rival,
                       FindDisplayOf(tx_, DeviceOf(terminal)));
      if (!rival.has_value() || rival->id.Path() == display) continue;
      RETURN_IF_ERROR(
          ExecuteOneOrAgain(tx_,
                            "UPDATE displays SET terminal_id = $1"
                            " WHERE shop_id = $2 AND display_id = $3",
                            {Value::NullText(), Value::Text(rival->id.shop_id),
                             Value::Text(rival->id.device_id)}));
      Line("display/", rival->id.Path(), " loses its place at ", terminal);
      RETURN_IF_ERROR(
          endings_.Tell(tx_, terminal::v1::END_KIND_DISPLAY, rival->id.Path(),
                        SessionEnd::SESSION_END_REVOKED, context_.now));
    }
    return absl::OkStatus();
  }

  absl::Status Lock(const std::string& clerk_id, absl::Time locked) {
    const std::string guard = context_.guards.Of(clerk_id);
    const int64_t until_us = ToMicros(locked + context_.lock_time);
    RETURN_IF_ERROR(
        tx_.InsertIgnore("INSERT INTO sign_in_guards (guard, failures,"
                         " locked_until_us, changed_us, version)"
                         " VALUES ($1, $2, $3, $4, 1)",
                         {Value::Bytes(guard), Value::Bytes(""),
                          Value::Int(until_us), Value::Int(ToMicros(locked))})
            .status());
    RETURN_IF_ERROR(
        tx_.Execute("UPDATE sign_in_guards SET locked_until_us = $1,"
                    " changed_us = $2, version = version + 1"
                    " WHERE guard = $3 AND (locked_until_us IS NULL"
                    " OR locked_until_us < $1)",
                    {Value::Int(until_us), Value::Int(ToMicros(locked)),
                     Value::Bytes(guard)})
            .status());
    Line("clerk/", clerk_id, " is locked as the record says");
    return absl::OkStatus();
  }

  // The entry holds all that a permit is.
  absl::Status KeepPermits() {
    for (const Event& event : facts_.permits) {
      const DeviceId display = DeviceOf(event.display());
      RETURN_IF_ERROR(
          tx_.InsertIgnore(
                 "INSERT INTO permits (order_id, permit_id, shop_id,"
                 " session_id, display_id, request_id_sha256, event_version,"
                 " permitted_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                 {Value::Text(event.order()),
                  Value::Text(event.order_details().permit_id()),
                  Value::Text(display.shop_id), Value::Text(event.session()),
                  Value::Text(display.device_id),
                  Value::Bytes(event.order_details().request_id_sha256()),
                  Value::Int(event.id().version()),
                  Value::Int(ToMicros(FromProto(event.time())))})
              .status());
      Line("permit of order ", event.order(), " is kept");
    }
    return absl::OkStatus();
  }

  // Codes with which clerks signed in since do not serve again.
  absl::Status UseUpSteps() {
    for (const auto& [clerk_id, time] : facts_.signed_in) {
      const int64_t step = crypto::TotpStep(time) + kStepsAhead;
      RETURN_IF_ERROR(tx_.Execute("UPDATE clerks SET last_totp_step = $1"
                                  " WHERE clerk_id = $2"
                                  " AND last_totp_step < $1",
                                  {Value::Int(step), Value::Text(clerk_id)})
                          .status());
    }
    return absl::OkStatus();
  }

  sql::Transaction& tx_;
  const RepairContext& context_;
  const RepairFacts& facts_;
  const Endings endings_;
  std::vector<std::string> lines_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RepairDatabase(
    sql::Transaction& tx, const outbox::RecordGap& gap,
    const RepairContext& context) {
  ASSIGN_OR_RETURN(const RepairFacts facts, FactsOf(gap));
  return Repairer(tx, context, facts).Run();
}

}  // namespace shiming::terminal_session

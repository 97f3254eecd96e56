#include "services/terminal_session/core/event_drafts.h"

#include <utility>

#include "services/terminal_session/core/proposal.h"

namespace shiming::terminal_session {
namespace {

using ledger::v1::Event;
using ledger::v1::EventKind;

Event Draft(std::string aggregate, EventKind kind, std::vector<EventId> after,
            std::string_view trace_id) {
  Event event;
  event.set_format(1);
  event.mutable_id()->set_aggregate(std::move(aggregate));
  event.set_kind(kind);
  for (EventId& id : after) *event.add_after() = std::move(id);
  event.set_trace_id(std::string(trace_id));
  return event;
}

EventKind KindOf(AdminAct::Kind act, SubjectKind subject) {
  const int offset = static_cast<int>(act);
  int first = 0;
  switch (subject) {
    case SubjectKind::SUBJECT_KIND_SHOP:
      first = EventKind::EVENT_KIND_SHOP_PROPOSED;
      break;
    case SubjectKind::SUBJECT_KIND_TERMINAL:
      first = EventKind::EVENT_KIND_TERMINAL_PROPOSED;
      break;
    case SubjectKind::SUBJECT_KIND_DISPLAY:
      first = EventKind::EVENT_KIND_DISPLAY_PROPOSED;
      break;
    default:
      first = EventKind::EVENT_KIND_CLERK_PROPOSED;
      break;
  }
  return static_cast<EventKind>(first + offset);
}

void FillShift(const ShiftRecord& shift, Event& event) {
  event.set_shop(shift.terminal.shop_id);
  event.set_terminal(shift.terminal.Path());
  event.set_clerk(shift.clerk_id);
  event.set_shift(shift.shift_id);
}

void FillSession(const SessionRecord& session, Event& event) {
  event.set_shop(session.terminal.shop_id);
  event.set_terminal(session.terminal.Path());
  event.set_display(session.display().Path());
  event.set_clerk(session.clerk_id);
  event.set_shift(session.shift_id);
  event.set_session(session.session_id);
}

}  // namespace

std::string SubjectAggregate(SubjectKind kind, std::string_view subject_id) {
  std::string aggregate;
  switch (kind) {
    case SubjectKind::SUBJECT_KIND_SHOP:
      aggregate = "shop/";
      break;
    case SubjectKind::SUBJECT_KIND_TERMINAL:
      aggregate = "terminal/";
      break;
    case SubjectKind::SUBJECT_KIND_DISPLAY:
      aggregate = "display/";
      break;
    default:
      aggregate = "clerk/";
      break;
  }
  aggregate += subject_id;
  return aggregate;
}

std::string ShiftAggregate(std::string_view shift_id) {
  return "shift/" + std::string(shift_id);
}

std::string SessionAggregate(std::string_view session_id) {
  return "session/" + std::string(session_id);
}

EventId OwnEvent(std::string aggregate, EventVersion version) {
  EventId id;
  id.set_source(std::string(kSource));
  id.set_aggregate(std::move(aggregate));
  id.set_version(version);
  return id;
}

EventId ShiftOpenedId(std::string_view shift_id) {
  return OwnEvent(ShiftAggregate(shift_id), 1);
}

EventId SessionOpenedId(std::string_view session_id) {
  return OwnEvent(SessionAggregate(session_id), 1);
}

Event AdminActed(const AdminAct& act) {
  Event event =
      Draft(SubjectAggregate(act.subject_kind, act.subject_id),
            KindOf(act.kind, act.subject_kind), act.after, act.trace_id);
  event.set_shop(act.shop_id);
  switch (act.subject_kind) {
    case SubjectKind::SUBJECT_KIND_TERMINAL:
      event.set_terminal(act.subject_id);
      break;
    case SubjectKind::SUBJECT_KIND_DISPLAY:
      event.set_display(act.subject_id);
      event.set_terminal(act.shop_id + "/" +
                         act.content.display().terminal_id());
      break;
    case SubjectKind::SUBJECT_KIND_CLERK:
      event.set_clerk(act.subject_id);
      break;
    default:
      break;
  }
  event.set_admin(std::string(act.admin));
  ledger::v1::AdminDetails& details = *event.mutable_admin_details();
  details.set_digest(act.digest);
  details.set_subject_id(act.subject_id);
  for (const std::string& key : PinnedKeys(act.content)) {
    details.add_pinned_key_sha256(key);
  }
  details.set_evidence_public_key(act.content.terminal().evidence_public_key());
  return event;
}

Event ClerkLocked(std::string_view clerk_id, const DeviceId& terminal,
                  std::string_view trace_id) {
  Event event =
      Draft(SubjectAggregate(SubjectKind::SUBJECT_KIND_CLERK, clerk_id),
            EventKind::EVENT_KIND_CLERK_LOCKED, {}, trace_id);
  event.set_shop(terminal.shop_id);
  event.set_terminal(terminal.Path());
  event.set_clerk(std::string(clerk_id));
  return event;
}

Event ShiftOpened(const ShiftRecord& shift, std::vector<EventId> after,
                  std::string_view trace_id) {
  Event event =
      Draft(ShiftAggregate(shift.shift_id), EventKind::EVENT_KIND_SHIFT_OPENED,
            std::move(after), trace_id);
  FillShift(shift, event);
  return event;
}

Event ShiftClosed(const ShiftRecord& shift, SessionEnd end,
                  std::vector<EventId> after, std::string_view trace_id) {
  Event event =
      Draft(ShiftAggregate(shift.shift_id), EventKind::EVENT_KIND_SHIFT_CLOSED,
            std::move(after), trace_id);
  FillShift(shift, event);
  event.set_session_end(end);
  return event;
}

Event SessionOpened(const SessionRecord& session, std::vector<EventId> after,
                    std::string_view trace_id) {
  Event event =
      Draft(SessionAggregate(session.session_id),
            EventKind::EVENT_KIND_SESSION_OPENED, std::move(after), trace_id);
  FillSession(session, event);
  return event;
}

Event SessionClosed(const SessionRecord& session, SessionEnd end,
                    std::vector<EventId> after, std::string_view trace_id) {
  Event event =
      Draft(SessionAggregate(session.session_id),
            EventKind::EVENT_KIND_SESSION_CLOSED, std::move(after), trace_id);
  FillSession(session, event);
  event.set_session_end(end);
  return event;
}

Event RevealPermitted(const PermitRecord& permit, const SessionRecord& session,
                      const EventId& order_ready, std::string_view trace_id) {
  Event event =
      Draft(SessionAggregate(session.session_id),
            EventKind::EVENT_KIND_REVEAL_PERMITTED, {order_ready}, trace_id);
  FillSession(session, event);
  event.set_order(permit.order_id);
  event.set_once_key("permit/" + permit.order_id);
  event.mutable_order_details()->set_permit_id(permit.permit_id);
  event.mutable_order_details()->set_request_id_sha256(
      permit.request_id_sha256);
  return event;
}

}  // namespace shiming::terminal_session

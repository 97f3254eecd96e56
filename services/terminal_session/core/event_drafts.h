// The ledger events of terminal_session, as drafts for the outbox: it adds
// source, version and time. docs/formats/events.md lists the fields.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_EVENT_DRAFTS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_EVENT_DRAFTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/terminal_session/core/records.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::terminal_session {

// What this service is called in event ids.
inline constexpr std::string_view kSource = "terminal_session";

// "shop/<id>", "terminal/<shop>/<id>", "display/<shop>/<id>", "clerk/<id>".
std::string SubjectAggregate(SubjectKind kind, std::string_view subject_id);
std::string ShiftAggregate(std::string_view shift_id);
std::string SessionAggregate(std::string_view session_id);

// An event of our own, by its name.
EventId OwnEvent(std::string aggregate, EventVersion version);
// The first event of each: SHIFT_OPENED, SESSION_OPENED.
EventId ShiftOpenedId(std::string_view shift_id);
EventId SessionOpenedId(std::string_view session_id);

// An act of an admin on a subject.
struct AdminAct {
  enum class Kind { kProposed, kApproved, kRevoked };
  Kind kind;
  SubjectKind subject_kind;
  std::string subject_id;
  std::string shop_id;
  std::string digest;
  const terminal::v1::ProposalContent& content;
  std::string_view admin;  // "/admin/<id>"
  std::string_view trace_id;
  std::vector<EventId> after;
};
ledger::v1::Event AdminActed(const AdminAct& act);

ledger::v1::Event ClerkLocked(std::string_view clerk_id,
                              const DeviceId& terminal,
                              std::string_view trace_id);
ledger::v1::Event ShiftOpened(const ShiftRecord& shift,
                              std::vector<EventId> after,
                              std::string_view trace_id);
ledger::v1::Event ShiftClosed(const ShiftRecord& shift, SessionEnd end,
                              std::vector<EventId> after,
                              std::string_view trace_id);
ledger::v1::Event SessionOpened(const SessionRecord& session,
                                std::vector<EventId> after,
                                std::string_view trace_id);
ledger::v1::Event SessionClosed(const SessionRecord& session, SessionEnd end,
                                std::vector<EventId> after,
                                std::string_view trace_id);
// In the session's aggregate, after `order_ready`, once for each order.
ledger::v1::Event RevealPermitted(const PermitRecord& permit,
                                  const SessionRecord& session,
                                  const EventId& order_ready,
                                  std::string_view trace_id);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_EVENT_DRAFTS_H_

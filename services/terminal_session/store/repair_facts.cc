#include "services/terminal_session/store/repair_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"

namespace shiming::terminal_session {
namespace {

using ledger::v1::Event;
namespace ledger_v1 = ledger::v1;

enum class Act { kProposed, kApproved, kRevoked, kLocked, kOther };

struct KindFacts {
  SubjectKind subject = SubjectKind::SUBJECT_KIND_UNSPECIFIED;
  Act act = Act::kOther;
};

KindFacts FactsOfKind(ledger_v1::EventKind kind) {
  switch (kind) {
    case ledger_v1::EVENT_KIND_SHOP_PROPOSED:
      return {SubjectKind::SUBJECT_KIND_SHOP, Act::kProposed};
    case ledger_v1::EVENT_KIND_SHOP_APPROVED:
      return {SubjectKind::SUBJECT_KIND_SHOP, Act::kApproved};
    case ledger_v1::EVENT_KIND_SHOP_REVOKED:
      return {SubjectKind::SUBJECT_KIND_SHOP, Act::kRevoked};
    case ledger_v1::EVENT_KIND_TERMINAL_PROPOSED:
      return {SubjectKind::SUBJECT_KIND_TERMINAL, Act::kProposed};
    case ledger_v1::EVENT_KIND_TERMINAL_APPROVED:
      return {SubjectKind::SUBJECT_KIND_TERMINAL, Act::kApproved};
    case ledger_v1::EVENT_KIND_TERMINAL_REVOKED:
      return {SubjectKind::SUBJECT_KIND_TERMINAL, Act::kRevoked};
    case ledger_v1::EVENT_KIND_DISPLAY_PROPOSED:
      return {SubjectKind::SUBJECT_KIND_DISPLAY, Act::kProposed};
    case ledger_v1::EVENT_KIND_DISPLAY_APPROVED:
      return {SubjectKind::SUBJECT_KIND_DISPLAY, Act::kApproved};
    case ledger_v1::EVENT_KIND_DISPLAY_REVOKED:
      return {SubjectKind::SUBJECT_KIND_DISPLAY, Act::kRevoked};
    case ledger_v1::EVENT_KIND_CLERK_PROPOSED:
      return {SubjectKind::SUBJECT_KIND_CLERK, Act::kProposed};
    case ledger_v1::EVENT_KIND_CLERK_APPROVED:
      return {SubjectKind::SUBJECT_KIND_CLERK, Act::kApproved};
    case ledger_v1::EVENT_KIND_CLERK_REVOKED:
      return {SubjectKind::SUBJECT_KIND_CLERK, Act::kRevoked};
    case ledger_v1::EVENT_KIND_CLERK_LOCKED:
      return {SubjectKind::SUBJECT_KIND_CLERK, Act::kLocked};
    default:
      return {};
  }
}

std::string IdOf(const Event& event) {
  const std::string& aggregate = event.id().aggregate();
  return aggregate.substr(aggregate.find('/') + 1);
}

void AddSubjectEvent(const KindFacts& kind, const Event& event,
                     RepairFacts& facts) {
  SubjectFacts& subject = facts.subjects[event.id().aggregate()];
  subject.kind = kind.subject;
  subject.subject_id = IdOf(event);
  if (kind.act == Act::kLocked) {
    subject.locked = FromProto(event.time());
    return;
  }
  subject.last_act = event;
  if (kind.act == Act::kProposed) return;
  subject.in_force = kind.act == Act::kApproved;
  facts.ends_of_rights.push_back(event);
  if (kind.act == Act::kApproved &&
      kind.subject == SubjectKind::SUBJECT_KIND_DISPLAY) {
    facts.paired[event.terminal()] = event.display();
  }
}

// Whether the event's subject is what `place` rests on.
bool Concerns(const Event& event, const Place& place) {
  switch (FactsOfKind(event.kind()).subject) {
    case SubjectKind::SUBJECT_KIND_SHOP:
      return event.shop() == place.shop &&
             event.kind() == ledger_v1::EVENT_KIND_SHOP_REVOKED;
    case SubjectKind::SUBJECT_KIND_TERMINAL:
      return event.terminal() == place.terminal;
    case SubjectKind::SUBJECT_KIND_CLERK:
      return event.clerk() == place.clerk;
    default:
      // Another display at this terminal takes its place.
      return !place.display.empty() &&
             (event.display() == place.display ||
              (event.terminal() == place.terminal &&
               event.kind() == ledger_v1::EVENT_KIND_DISPLAY_APPROVED));
  }
}

}  // namespace

absl::StatusOr<RepairFacts> FactsOf(const outbox::RecordGap& gap) {
  RepairFacts facts;
  for (const outbox::GapEntry& entry : gap) {
    const Event& event = entry.event;
    const KindFacts kind = FactsOfKind(event.kind());
    if (kind.act != Act::kOther) {
      AddSubjectEvent(kind, event, facts);
      continue;
    }
    switch (event.kind()) {
      case ledger_v1::EVENT_KIND_SHIFT_OPENED: {
        facts.shifts[IdOf(event)].opened = event;
        absl::Time& last = facts.signed_in[event.clerk()];
        last = std::max(last, outbox::TimeOf(entry));
        break;
      }
      case ledger_v1::EVENT_KIND_SHIFT_CLOSED:
        facts.shifts[IdOf(event)].closed = event;
        break;
      case ledger_v1::EVENT_KIND_SESSION_OPENED:
        facts.sessions[IdOf(event)].opened = event;
        break;
      case ledger_v1::EVENT_KIND_SESSION_CLOSED:
        facts.sessions[IdOf(event)].closed = event;
        break;
      case ledger_v1::EVENT_KIND_REVEAL_PERMITTED:
        facts.permits.push_back(event);
        break;
      case ledger_v1::EVENT_KIND_DATABASE_REPAIRED:
        break;
      default:
        return MakeError(
            Reason::INTERNAL_ERROR,
            absl::StrCat("an event of kind ", static_cast<int>(event.kind()),
                         " cannot be repaired"));
    }
  }
  return facts;
}

const Event* FirstEndOf(const RepairFacts& facts, const Place& place,
                        absl::Time opened) {
  const Event* first = nullptr;
  for (const Event& event : facts.ends_of_rights) {
    if (!Concerns(event, place) || FromProto(event.time()) < opened) continue;
    if (first == nullptr ||
        FromProto(event.time()) < FromProto(first->time())) {
      first = &event;
    }
  }
  return first;
}

}  // namespace shiming::terminal_session

// P4: the record itself.
#include "ledger/entry.h"
#include "tests/conformance/planted/edits.h"
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

constexpr char kTerminalSource[] = "terminal_session";

}  // namespace

std::vector<Plant> RecordPlants() {
  return {
      {Kind::MALFORMED_ENTRY, "NotAnEvent",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.AppendBytes("this is no event")};
       }},
      {Kind::MALFORMED_ENTRY, "UnknownField",
       [](PlantedLedger& p) -> Entries {
         Event event;
         event.set_admin("/auditor/a");
         p.ledger.Append("issuance_ledger", "audit_read/1",
                         v1::EVENT_KIND_AUDIT_READ, event);
         std::string bytes = p.ledger.entries().back();
         // Field 2000, varint 1.
         return {p.ledger.AppendBytes(bytes + std::string("\x80\x7d\x01", 3))};
       }},
      {Kind::WRONG_SOURCE, "AlarmOfAnotherService",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Append(kTerminalSource, "order/1",
                                 v1::EVENT_KIND_ALARM, Event())};
       }},
      {Kind::LOG_OPENED_MISPLACED, "OpenedAgain",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Append("issuance_ledger", "log/other",
                                 v1::EVENT_KIND_LOG_OPENED, Event())};
       }},
      {Kind::ENTRY_AFTER_FREEZE,
       "GoesOnAfterFreeze",
       [](PlantedLedger& p) -> Entries {
         const uint64_t frozen = p.ledger.Freeze();
         return {p.ledger.LockClerk(p.first), frozen};
       },
       {},
       /*goes_on=*/false},
      {Kind::LOG_NOT_FROZEN, "NextLogBehindAnOpenOne",
       [](PlantedLedger& p) -> Entries { return {p.ledger.OpenNext()}; }},
      {Kind::LOG_NOT_FROZEN,
       "FreezeIsNotTheEnd",
       [](PlantedLedger& p) -> Entries {
         p.ledger.Freeze();
         p.ledger.LockClerk(p.first);
         return {p.ledger.OpenNext()};
       },
       {Kind::ENTRY_AFTER_FREEZE}},
      {Kind::LOG_NOT_CONTINUED, "AnotherRoot",
       [](PlantedLedger& p) -> Entries {
         p.ledger.Freeze();
         return {p.ledger.OpenNext([](Event& event) {
           event.mutable_predecessor()->set_root(std::string(32, 'r'));
         })};
       }},
      {Kind::LOG_NOT_CONTINUED, "AnotherSize",
       [](PlantedLedger& p) -> Entries {
         p.ledger.Freeze();
         return {p.ledger.OpenNext(
             [](Event& event) { event.mutable_predecessor()->set_size(3); })};
       }},
      {Kind::LOG_NOT_CONTINUED, "NothingNamed",
       [](PlantedLedger& p) -> Entries {
         p.ledger.Freeze();
         return {p.ledger.OpenNext(
             [](Event& event) { event.clear_predecessor(); })};
       }},
      {Kind::LOG_NOT_CONTINUED, "AnotherPseudonymKey",
       [](PlantedLedger& p) -> Entries {
         p.ledger.Freeze();
         return {p.ledger.OpenNext([](Event& event) {
           SetCommitment(event, v1::COMMITMENT_FIELD_PSEUDONYM_KEY);
         })};
       }},
      {Kind::REVEALED_TWICE, "InTwoLogs",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         p.ledger.Reveal(visit);
         p.ledger.Freeze();
         p.ledger.OpenNext();
         return {p.ledger.Reveal(visit)};
       }},
      {Kind::VERSION_GAP, "AnewInTheNextLog",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         p.ledger.Freeze();
         p.ledger.OpenNext();
         return {p.ledger.CloseSession(
             visit, v1::SESSION_END_CLOSED,
             [](Event& event) { event.mutable_id()->set_version(1); })};
       }},
      {Kind::VERSION_GAP, "EventLeftOut",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.CloseShift(
             p.first, v1::SESSION_END_CLOSED,
             [](Event& event) { event.mutable_id()->set_version(3); })};
       }},
      {Kind::VERSION_GAP, "EventTwice",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         return {p.ledger.CloseSession(
             visit, v1::SESSION_END_CLOSED,
             [](Event& event) { event.mutable_id()->set_version(1); })};
       }},
      {Kind::AFTER_NOT_BEFORE, "FollowsWhatIsNotThere",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED,
                                     [](Event& event) {
                                       v1::EventId* id = event.add_after();
                                       id->set_source(kTerminalSource);
                                       id->set_aggregate("terminal/demo/t1");
                                       id->set_version(9);
                                     })};
       }},
      {Kind::ONCE_KEY_REPEATED, "SameKeyTwice",
       [](PlantedLedger& p) -> Entries {
         Event event;
         event.set_once_key("read/1");
         p.ledger.Append("issuance_ledger", "audit_read/1",
                         v1::EVENT_KIND_AUDIT_READ, event);
         return {p.ledger.Append("issuance_ledger", "audit_read/2",
                                 v1::EVENT_KIND_AUDIT_READ, event)};
       }},
      {Kind::ONCE_KEY_WRONG, "RevealWithoutKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         return {p.ledger.Reveal(visit,
                                 [](Event& event) { event.clear_once_key(); })};
       }},
      {Kind::ONCE_KEY_WRONG, "ReadWithoutKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(visit,
                                 [](Event& event) { event.clear_once_key(); })};
       }},
      {Kind::TIME_RAN_BACK, "OlderThanTheEventBefore",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED,
                                       Later(-absl::Minutes(1)))};
       }},
      {Kind::FIELD_MISSING, "NoAdmin",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Act(p.first, "clerk", "PROPOSED",
                              [](Event& event) { event.clear_admin(); })};
       }},
      {Kind::FIELD_MISSING, "CodeWithoutCommitment",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         return {p.ledger.Reveal(visit, [](Event& event) {
           event.mutable_commitments()->RemoveLast();
         })};
       }},
      {Kind::EVENT_AFTER_END, "PermitAfterSessionEnd",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
         return {p.ledger.Permit(visit)};
       }},
      {Kind::EVENT_AFTER_END, "ReadyAfterCancel",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         p.ledger.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED);
         return {p.ledger.Ready(visit)};
       }},
  };
}

}  // namespace shiming::conformance

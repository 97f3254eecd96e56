// P1: the place.
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

}  // namespace

std::vector<Plant> PlacePlants() {
  return {
      {Kind::SHIFT_AT_TERMINAL_NOT_IN_FORCE,
       "RevokedTerminal",
       [](PlantedLedger& p) -> Entries {
         p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         const uint64_t revoked = p.ledger.Act(p.first, "terminal", "REVOKED");
         return {p.ledger.OpenShift(p.first), revoked};
       },
       {Kind::SESSION_AT_OTHER_DISPLAY}},
      {Kind::SHIFT_AT_TERMINAL_NOT_IN_FORCE, "RevokedShop",
       [](PlantedLedger& p) -> Entries {
         p.ledger.EnrollShop("other");
         SyntheticCounter other = p.ledger.EnrollCounter("other", "1");
         const uint64_t revoked = p.ledger.Act(other, "shop", "REVOKED");
         return {p.ledger.OpenShift(other), revoked};
       }},
      {Kind::SHIFT_AT_TERMINAL_NOT_IN_FORCE,
       "NeverEnrolled",
       [](PlantedLedger& p) -> Entries {
         p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         SyntheticCounter other = p.first;
         other.terminal = "demo/t9";
         return {p.ledger.OpenShift(other,
                                    [](Event& event) { event.clear_after(); })};
       },
       {Kind::SHIFT_OF_CLERK_NOT_IN_FORCE}},
      {Kind::SHIFT_OF_CLERK_NOT_IN_FORCE, "RevokedClerk",
       [](PlantedLedger& p) -> Entries {
         p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         const uint64_t revoked = p.ledger.Act(p.first, "clerk", "REVOKED");
         return {p.ledger.OpenShift(p.first), revoked};
       }},
      {Kind::SHIFT_OF_CLERK_NOT_IN_FORCE, "ClerkOfAnotherShop",
       [](PlantedLedger& p) -> Entries {
         p.ledger.EnrollShop("other");
         const SyntheticCounter other = p.ledger.EnrollCounter("other", "1");
         p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         p.first.clerk = other.clerk;
         return {p.ledger.OpenShift(p.first)};
       }},
      {Kind::SHIFT_OF_LOCKED_CLERK, "SignsInWhileLocked",
       [](PlantedLedger& p) -> Entries {
         p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         const uint64_t locked = p.ledger.LockClerk(p.first);
         return {p.ledger.OpenShift(p.first), locked};
       }},
      {Kind::SHIFTS_OVERLAP, "SecondShiftWhileFirstIsOpen",
       [](PlantedLedger& p) -> Entries {
         SyntheticCounter next = p.first;
         const uint64_t newer = p.ledger.OpenShift(next);
         return {newer, 15,
                 p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED)};
       }},
      {Kind::SHIFTS_OVERLAP, "FirstNeverCloses",
       [](PlantedLedger& p) -> Entries {
         const uint64_t newer = p.ledger.OpenShift(p.first);
         return {newer, 15};
       }},
      {Kind::SESSION_WITHOUT_SHIFT, "AfterSignOut",
       [](PlantedLedger& p) -> Entries {
         const uint64_t closed =
             p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         p.ledger.OpenSession(p.first);
         return {p.ledger.last(), 15, closed};
       }},
      {Kind::SESSION_WITHOUT_SHIFT, "AnotherClerk",
       [](PlantedLedger& p) -> Entries {
         p.ledger.OpenSession(
             p.first, [](Event& event) { event.set_clerk("clerk-demo-2"); });
         return {p.ledger.last(), 15};
       }},
      {Kind::SESSION_WITHOUT_SHIFT, "NoShiftAtAll",
       [](PlantedLedger& p) -> Entries {
         p.ledger.OpenSession(p.first,
                              [](Event& event) { event.set_shift("none"); });
         return {p.ledger.last()};
       }},
      {Kind::SESSION_AT_OTHER_DISPLAY, "DisplayOfAnotherTerminal",
       [](PlantedLedger& p) -> Entries {
         SyntheticCounter mixed = p.first;
         mixed.display = p.second.display;
         p.ledger.OpenSession(mixed);
         return {p.ledger.last()};
       }},
      {Kind::SESSION_AT_OTHER_DISPLAY, "RevokedDisplay",
       [](PlantedLedger& p) -> Entries {
         const uint64_t revoked = p.ledger.Act(p.first, "display", "REVOKED");
         p.ledger.OpenSession(p.first);
         return {p.ledger.last(), revoked};
       }},
      {Kind::SESSIONS_OVERLAP, "SecondCustomerWhileFirstIsServed",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit first = p.ledger.OpenSession(p.first);
         const uint64_t older = p.ledger.last();
         p.ledger.OpenSession(p.first);
         const uint64_t newer = p.ledger.last();
         const uint64_t closed =
             p.ledger.CloseSession(first, v1::SESSION_END_CLOSED);
         return {newer, older, closed};
       }},
      {Kind::SESSION_OVERTIME, "PermitAfterAnHour",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t opened = p.ledger.last();
         p.ledger.Verify(visit);
         p.ledger.Place(visit);
         p.ledger.Ready(visit);
         p.ledger.Advance(absl::Hours(1));
         return {p.ledger.Permit(visit), opened};
       }},
      {Kind::SESSION_OVERTIME, "ShiftOfThirteenHours",
       [](PlantedLedger& p) -> Entries {
         p.ledger.Advance(absl::Hours(13));
         p.ledger.OpenSession(p.first);
         p.ledger.CloseShift(p.second, v1::SESSION_END_TIMED_OUT);
         p.ledger.OpenShift(p.second);
         return {p.ledger.last() - 2, 15};
       }},
      {Kind::NOT_ENDED_BY_REVOCATION, "SessionStaysOpen",
       [](PlantedLedger& p) -> Entries {
         p.ledger.OpenSession(p.first);
         const uint64_t opened = p.ledger.last();
         return {opened, p.ledger.Act(p.first, "display", "REVOKED")};
       }},
      {Kind::NOT_ENDED_BY_REVOCATION, "ClosedAsIfByTheClerk",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t revoked = p.ledger.Act(p.first, "display", "REVOKED");
         return {p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED), revoked};
       }},
      {Kind::NOT_ENDED_BY_REVOCATION,
       "NextSessionOfARevokedClerk",
       [](PlantedLedger& p) -> Entries {
         const uint64_t revoked = p.ledger.Act(p.first, "clerk", "REVOKED");
         p.ledger.OpenSession(p.first);
         return {p.ledger.last(), revoked, 15};
       },
       {Kind::NOT_ENDED_BY_REVOCATION}},
  };
}

}  // namespace shiming::conformance

// P2: one code.
#include "tests/conformance/planted/edits.h"
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

}  // namespace

std::vector<Plant> OrderPlants() {
  return {
      {Kind::ORDER_CHANGED, "AnotherEidAtReady",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         return {p.ledger.Ready(visit,
                                [](Event& event) {
                                  SetPseudonym(event, v1::PSEUDONYM_FIELD_EID,
                                               std::string(32, 'e'));
                                }),
                 placed};
       }},
      {Kind::ORDER_CHANGED, "AnotherIccidAtReveal",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         p.ledger.Ready(visit);
         p.ledger.Permit(visit);
         return {p.ledger.Reveal(visit,
                                 [](Event& event) {
                                   SetPseudonym(event,
                                                v1::PSEUDONYM_FIELD_ICCID,
                                                std::string(32, 'e'));
                                 }),
                 placed};
       }},
      {Kind::ORDER_STEP_OUT_OF_ORDER, "ReadyTwice",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         const uint64_t ready = p.ledger.Ready(visit);
         return {p.ledger.Ready(visit), ready, placed};
       }},
      {Kind::ORDER_STEP_OUT_OF_ORDER, "ClosedWithoutProfile",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         return {p.ledger.EndOrder(visit, v1::EVENT_KIND_ORDER_CLOSED), placed};
       }},
      {Kind::ORDER_STEP_OUT_OF_ORDER, "CancelledAfterInstall",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         p.ledger.Reveal(visit);
         const uint64_t installed = p.ledger.Install(visit);
         return {p.ledger.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED),
                 installed};
       }},
      {Kind::PERMIT_WITHOUT_READY, "BeforeReady",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         return {p.ledger.Permit(visit), placed};
       }},
      {Kind::PERMIT_OUTSIDE_SESSION,
       "SessionOfAnotherCounter",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         p.ledger.Ready(visit);
         SyntheticVisit other = p.ledger.OpenSession(p.second);
         const uint64_t opened = p.ledger.last();
         other.order = visit.order;
         other.ready_version = visit.ready_version;
         return {p.ledger.Permit(other), opened, placed};
       },
       {},
       /*goes_on=*/false},
      {Kind::PERMIT_OUTSIDE_SESSION, "AnotherDisplay",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t opened = p.ledger.last();
         p.ledger.Verify(visit);
         const uint64_t placed = p.ledger.Place(visit);
         p.ledger.Ready(visit);
         return {p.ledger.Permit(
                     visit, [](Event& event) { event.set_display("demo/d2"); }),
                 opened, placed};
       }},
      {Kind::PERMIT_AFTER_REVOCATION,
       "ClerkRevoked",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         const uint64_t revoked = p.ledger.Act(p.first, "clerk", "REVOKED");
         return {p.ledger.Permit(visit), revoked};
       },
       {Kind::NOT_ENDED_BY_REVOCATION}},
      {Kind::PERMIT_AFTER_REVOCATION, "ShiftClosed",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         const uint64_t closed =
             p.ledger.CloseShift(p.first, v1::SESSION_END_CLOSED);
         return {p.ledger.Permit(visit), closed};
       }},
      {Kind::PERMITTED_TWICE, "SameKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         visit.permit = p.ledger.NewId();
         return {p.ledger.Permit(visit)};
       }},
      {Kind::PERMITTED_TWICE,
       "AnotherKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         const uint64_t first = p.ledger.Permit(visit);
         return {p.ledger.Permit(visit,
                                 [](Event& e) { e.set_once_key("permit/2"); }),
                 first};
       },
       {Kind::ONCE_KEY_WRONG}},
      {Kind::REVEAL_WITHOUT_PERMIT, "NoPermit",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         p.ledger.Ready(visit);
         return {p.ledger.Reveal(visit), placed};
       }},
      {Kind::REVEAL_WITHOUT_PERMIT, "OrderNeverPlaced",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Reveal(visit)};
       }},
      {Kind::REVEAL_NOT_AS_PERMITTED, "AnotherRequest",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         const uint64_t permit = p.ledger.Permit(visit);
         visit.request_sha256 = std::string(32, 'r');
         return {p.ledger.Reveal(visit), permit};
       }},
      {Kind::REVEALED_TWICE, "SameKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         p.ledger.Reveal(visit);
         return {p.ledger.Reveal(visit)};
       }},
      {Kind::REVEALED_TWICE, "AnotherKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         const uint64_t first = p.ledger.Reveal(visit);
         return {p.ledger.Reveal(visit,
                                 [](Event& e) { e.set_once_key("reveal/2"); }),
                 first};
       }},
      {Kind::DOWNLOAD_BEFORE_PERMIT, "FetchedBeforeThePermit",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         p.ledger.Ready(visit);
         return {p.ledger.Progress(visit, 3, ""), placed};
       }},
      {Kind::INSTALLED_WITHOUT_REVEAL, "NoCodeAndNoAlarm",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         p.ledger.Ready(visit);
         p.ledger.Permit(visit);
         return {p.ledger.Install(visit), placed};
       }},
      {Kind::WRONG_EID_NOT_ALARMED, "OnlyProgress",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         p.ledger.Reveal(visit);
         const uint64_t wrong = p.ledger.Progress(visit, 1, "8.1.1/3.8");
         p.ledger.Install(visit);
         return {wrong};
       }},
      {Kind::WRONG_EID_NOT_ALARMED, "AtTheEndOfTheLog",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         p.ledger.Permit(visit);
         p.ledger.Reveal(visit);
         return {p.ledger.Progress(visit, 1, "8.1.1/3.8")};
       }},
      {Kind::REVEALED_AFTER_WRONG_EID, "AskedTwiceBefore",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         const uint64_t placed = p.ledger.last();
         p.ledger.Ready(visit);
         p.ledger.Alarm(visit, "WRONG_EID", "8.1.1/3.8");
         p.ledger.Alarm(visit, "WRONG_EID", "8.1.1/3.8");
         p.ledger.Permit(visit);
         return {p.ledger.Reveal(visit), placed};
       }},
  };
}

}  // namespace shiming::conformance

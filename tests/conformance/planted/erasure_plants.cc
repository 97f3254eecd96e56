// P6: the erased.
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

// An order that was cancelled, so that nothing stands against erasing.
SyntheticVisit CancelledOne(PlantedLedger& p) {
  SyntheticVisit visit = p.ledger.ReadyOne(p.first);
  p.ledger.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED);
  p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
  return visit;
}

}  // namespace

std::vector<Plant> ErasurePlants() {
  return {
      {Kind::ERASED_BY_ONE_OFFICER, "ProposedAndApproved",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Erase(CancelledOne(p), [](Event& event) {
           event.set_admin(event.erasure().proposed_by());
         })};
       }},
      {Kind::ERASED_TOO_EARLY, "WithAnInstalledProfile",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Erase(p.ledger.Issue(p.first))};
       }},
      {Kind::ERASED_TOO_EARLY,
       "CancelledAfterwards",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.ReadyOne(p.first);
         const uint64_t erased = p.ledger.Erase(visit);
         p.ledger.EndOrder(visit, v1::EVENT_KIND_ORDER_CANCELLED);
         p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
         return {erased};
       },
       {Kind::PERSON_AFTER_ERASURE}},
      {Kind::PERSON_AFTER_ERASURE, "VerifiedAgain",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit gone = CancelledOne(p);
         const uint64_t erased = p.ledger.Erase(gone);
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         visit.person = gone.person;
         const uint64_t verified = p.ledger.Verify(visit);
         p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
         return {verified, erased};
       }},
      {Kind::PERSON_AFTER_ERASURE, "OrderOfWhoWasErased",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         p.ledger.Verify(visit);
         const uint64_t erased = p.ledger.Erase(visit);
         const uint64_t placed = p.ledger.Place(visit);
         return {placed, erased};
       }},
      {Kind::FIELD_MISSING, "ErasedWithoutBackupDay",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Erase(CancelledOne(p), [](Event& event) {
           event.mutable_erasure()->clear_last_backup_day();
         })};
       }},
      {Kind::ONCE_KEY_WRONG, "ErasedUnderAnotherKey",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Erase(CancelledOne(p), [](Event& event) {
           event.set_once_key("erasure/somebody");
         })};
       }},
      {Kind::WRONG_SOURCE, "ErasedByTheOrderService",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Append("profile_order", "person/1",
                                 v1::EVENT_KIND_PERSON_ERASED, Event())};
       }},
      {Kind::EVENT_AFTER_END, "ErasedTwice",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit visit = CancelledOne(p);
         p.ledger.Erase(visit);
         return {p.ledger.Erase(visit,
                                [](Event& event) { event.clear_once_key(); })};
       }},
  };
}

}  // namespace shiming::conformance

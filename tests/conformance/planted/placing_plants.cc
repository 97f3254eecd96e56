// P1: the order.
#include "tests/conformance/planted/edits.h"
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

}  // namespace

std::vector<Plant> PlacingPlants() {
  // A verified visit, its verification's entry, and the order with an edit.
  const auto place = [](const SyntheticLedger::Edit& edit) {
    return [edit](PlantedLedger& p) -> Entries {
      SyntheticVisit visit = p.ledger.OpenSession(p.first);
      const uint64_t verified = p.ledger.Verify(visit);
      return {p.ledger.Place(visit, edit), verified};
    };
  };
  return {
      {Kind::ORDER_WITHOUT_VERIFICATION, "NoneAtAll",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {
             p.ledger.Place(visit, [](Event& event) { event.clear_after(); })};
       }},
      {Kind::ORDER_WITHOUT_VERIFICATION, "Refused",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t refused = p.ledger.Refuse(visit, "AUTHORITY_NO_MATCH");
         return {p.ledger.Place(visit), refused};
       }},
      {Kind::ORDER_OF_OTHER_SESSION, "NextCustomer",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t verified = p.ledger.Verify(visit);
         p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
         const SyntheticVisit next = p.ledger.OpenSession(p.first);
         visit.session = next.session;
         return {p.ledger.Place(visit), verified};
       }},
      {Kind::ORDER_AFTER_SESSION, "TenMinutesLater",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         p.ledger.Verify(visit);
         const uint64_t closed =
             p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
         p.ledger.Advance(absl::Minutes(10));
         return {p.ledger.Place(visit), closed};
       }},
      {Kind::ORDER_OF_OTHER_PERSON, "SomebodyElse",
       place([](Event& event) { event.set_person_id("somebody"); })},
      {Kind::ORDER_FOR_OTHER_DEVICE, "AnotherPhone", place([](Event& event) {
         SetCommitment(event, v1::COMMITMENT_FIELD_DEVICE);
       })},
      {Kind::ORDER_OF_OTHER_KIND, "DeviceChange", place([](Event& event) {
         event.mutable_order_details()->set_order_kind(
             identity::v1::ORDER_KIND_DEVICE_CHANGE);
       })},
      {Kind::ATTESTATION_DIFFERS, "AnotherAttestation", place([](Event& event) {
         event.mutable_order_details()->set_attestation_id("other");
         event.set_once_key("attestation/other");
       })},
      {Kind::ATTESTATION_REUSED, "TwoOrders",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         visit.order = p.ledger.NewId();
         visit.iccid = "8986000000000009999";
         visit.msisdn = "8613899999999";
         return {p.ledger.Place(visit)};
       }},
      {Kind::ATTESTATION_REUSED,
       "UnderAnotherOnceKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.PlaceOne(p.first);
         visit.order = p.ledger.NewId();
         visit.iccid = "8986000000000009999";
         visit.msisdn = "8613899999999";
         return {p.ledger.Place(
             visit, [](Event& event) { event.set_once_key("attestation/2"); })};
       },
       {Kind::ONCE_KEY_WRONG}},
      {Kind::ATTESTATION_EXPIRED, "HalfAnHourLater",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t verified = p.ledger.Verify(visit);
         p.ledger.Advance(absl::Minutes(25));
         return {p.ledger.Place(visit), verified};
       }},
      {Kind::POLICY_VERSION_DIFFERS, "AnotherPolicy",
       place([](Event& event) { event.set_policy_version("2020-01"); })},
      {Kind::POLICY_VERSION_DIFFERS, "NoPolicy",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(
             visit, [](Event& event) { event.clear_policy_version(); })};
       }},
  };
}

}  // namespace shiming::conformance

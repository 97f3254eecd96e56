// P3: the limits.
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

// Orders of one person on different phones, each in a visit of its own; the
// last one's entry, and that of the one before.
Entries PlaceMany(PlantedLedger& p, int count, bool same_person,
                  bool same_phone, const SyntheticLedger::Edit& last_edit) {
  SyntheticVisit first = p.ledger.OpenSession(p.first);
  p.ledger.CloseSession(first, v1::SESSION_END_CLOSED);
  Entries placed;
  for (int i = 0; i < count; ++i) {
    SyntheticVisit visit = p.ledger.OpenSession(p.first);
    if (same_person) visit.person = first.person;
    if (same_phone) visit.eid = first.eid;
    p.ledger.Verify(visit);
    const uint64_t index =
        p.ledger.Place(visit, i + 1 == count ? last_edit : nullptr);
    placed.insert(placed.begin(), index);
    p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
  }
  return placed;
}

// What `field` holds is in an order in progress, and sold to the next one.
Entries SellTwice(PlantedLedger& p, std::string SyntheticVisit::*field) {
  const SyntheticVisit first = p.ledger.PlaceOne(p.first);
  const uint64_t placed = p.ledger.last();
  SyntheticVisit second = p.ledger.OpenSession(p.second);
  second.*field = first.*field;
  p.ledger.Verify(second);
  const uint64_t again = p.ledger.Place(second);
  p.ledger.CloseSession(second, v1::SESSION_END_CLOSED);
  return {again, placed};
}

}  // namespace

std::vector<Plant> LimitPlants() {
  const auto person_says = [](int live) {
    return [live](Event& event) {
      event.mutable_order_details()->set_person_live(live);
    };
  };
  const auto eid_says = [](int live) {
    return [live](Event& event) {
      event.mutable_order_details()->set_eid_live(live);
    };
  };
  return {
      {Kind::PERSON_LIMIT_EXCEEDED, "SixthNumber",
       [](PlantedLedger& p) -> Entries {
         return {PlaceMany(p, 6, true, false, nullptr)[0]};
       }},
      {Kind::PERSON_LIMIT_EXCEEDED, "SixthNumberReportedAsFifth",
       [=](PlantedLedger& p) -> Entries {
         const Entries placed = PlaceMany(p, 6, true, false, person_says(5));
         return {placed[0], placed[1]};
       }},
      {Kind::PERSON_LIMIT_EXCEEDED, "FiveElsewhere",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         visit.numbers_elsewhere = 5;
         p.ledger.Verify(visit);
         return {p.ledger.Place(visit)};
       }},
      {Kind::EID_LIMIT_EXCEEDED, "ThirdOnOnePhone",
       [](PlantedLedger& p) -> Entries {
         return {PlaceMany(p, 3, false, true, nullptr)[0]};
       }},
      {Kind::EID_LIMIT_EXCEEDED, "ThirdReportedAsSecond",
       [=](PlantedLedger& p) -> Entries {
         const Entries placed = PlaceMany(p, 3, false, true, eid_says(2));
         return {placed[0], placed[1]};
       }},
      {Kind::PERSON_COUNT_WRONG, "SecondReportedAsFirst",
       [=](PlantedLedger& p) -> Entries {
         return PlaceMany(p, 2, true, false, person_says(1));
       }},
      {Kind::EID_COUNT_WRONG, "SecondReportedAsFirst",
       [=](PlantedLedger& p) -> Entries {
         return PlaceMany(p, 2, false, true, eid_says(1));
       }},
      {Kind::NUMBER_IN_TWO_ORDERS, "SoldTwice",
       [](PlantedLedger& p) { return SellTwice(p, &SyntheticVisit::msisdn); }},
      {Kind::NUMBER_IN_TWO_ORDERS, "OfAnInstalledOrder",
       [](PlantedLedger& p) -> Entries {
         const SyntheticVisit first = p.ledger.Issue(p.first);
         const uint64_t placed = p.ledger.last() - 8;
         SyntheticVisit second = p.ledger.OpenSession(p.first);
         second.msisdn = first.msisdn;
         p.ledger.Verify(second);
         return {p.ledger.Place(second), placed};
       }},
      {Kind::ICCID_IN_TWO_ORDERS, "SoldTwice",
       [](PlantedLedger& p) { return SellTwice(p, &SyntheticVisit::iccid); }},
  };
}

}  // namespace shiming::conformance

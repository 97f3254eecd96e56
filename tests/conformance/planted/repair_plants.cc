// P7: who may repair a database.
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

}  // namespace

std::vector<Plant> RepairPlants() {
  return {
      {Kind::REPAIRED_BY_ONE_ADMIN, "SignedTwice",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Repair("profile_order", [](Event& event) {
           event.set_admin(event.repair().approved_by());
         })};
       }},
      {Kind::FIELD_MISSING, "RepairedUpToNowhere",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Repair("terminal_session", [](Event& event) {
           event.mutable_repair()->clear_log_root();
         })};
       }},
      {Kind::ONCE_KEY_WRONG, "RepairedUnderAnotherKey",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Repair("identity_verification", [](Event& event) {
           event.set_once_key("repair/another");
         })};
       }},
      {Kind::WRONG_SOURCE, "RepairedByTheLedger",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Repair("issuance_ledger")};
       }},
  };
}

}  // namespace shiming::conformance

// P7: who may enroll.
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

}  // namespace

std::vector<Plant> EnrollmentPlants() {
  return {
      {Kind::APPROVAL_WITHOUT_PROPOSAL, "OtherDigest",
       [](PlantedLedger& p) -> Entries {
         const uint64_t proposal = p.ledger.Act(p.first, "shop", "PROPOSED");
         return {p.ledger.Act(p.first, "shop", "APPROVED",
                              [](Event& event) {
                                event.mutable_admin_details()->set_digest(
                                    std::string(32, 'x'));
                              }),
                 proposal};
       }},
      {Kind::APPROVAL_WITHOUT_PROPOSAL, "ApprovedTwice",
       [](PlantedLedger& p) -> Entries {
         return {p.ledger.Act(p.first, "shop", "APPROVED")};
       }},
      {Kind::APPROVED_BY_SAME_ADMIN, "OneAdmin",
       [](PlantedLedger& p) -> Entries {
         const uint64_t proposal = p.ledger.Act(p.first, "shop", "PROPOSED");
         return {p.ledger.Act(p.first, "shop", "APPROVED",
                              [](Event& e) { e.set_admin("/admin/admin-1"); }),
                 proposal};
       }},
      {Kind::APPROVAL_CHANGES_CONTENT, "OtherKey",
       [](PlantedLedger& p) -> Entries {
         const uint64_t proposal = p.ledger.Act(p.first, "display", "PROPOSED");
         return {p.ledger.Act(
                     p.first, "display", "APPROVED",
                     [](Event& event) {
                       event.mutable_admin_details()->set_pinned_key_sha256(
                           0, std::string(32, 'x'));
                     }),
                 proposal};
       }},
      {Kind::APPROVED_WITHOUT_FOUNDATION, "ShopRevoked",
       [](PlantedLedger& p) -> Entries {
         p.ledger.EnrollShop("other");
         SyntheticCounter other = p.first;
         other.shop = "other";
         other.clerk = "clerk-9";
         p.ledger.Act(other, "shop", "REVOKED");
         p.ledger.Act(other, "clerk", "PROPOSED");
         return {p.ledger.Act(other, "clerk", "APPROVED")};
       }},
      {Kind::KEY_PINNED_TWICE,
       "OneKeyForTwoDisplays",
       [](PlantedLedger& p) -> Entries {
         SyntheticCounter other = p.first;
         other.display = "demo/d7";
         other.terminal = p.second.terminal;
         p.ledger.Act(other, "display", "PROPOSED");
         const uint64_t approved = p.ledger.Act(other, "display", "APPROVED");
         // APPROVED of the first display: entries of the set-up.
         return {approved, 6};
       },
       {},
       /*goes_on=*/false},
  };
}

}  // namespace shiming::conformance

#include "tests/conformance/planted_ledgers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;
using Event = v1::Event;

constexpr char kTerminalSource[] = "terminal_session";

// Moves the event's time and leaves the ledger's clock.
SyntheticLedger::Edit Later(absl::Duration time) {
  return [time](Event& event) {
    *event.mutable_time() = ToProto(FromProto(event.time()) + time);
  };
}

void SetPseudonym(Event& event, v1::PseudonymField field,
                  const std::string& value) {
  for (v1::Pseudonym& pseudonym : *event.mutable_pseudonyms()) {
    if (pseudonym.field() == field) pseudonym.set_value(value);
  }
}

void SetCommitment(Event& event, v1::CommitmentField field) {
  for (v1::Commitment& commitment : *event.mutable_commitments()) {
    if (commitment.field() == field) {
      commitment.set_sha256(std::string(32, 'x'));
    }
  }
}

// --- P4

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
         const uint64_t frozen =
             p.ledger.Append("issuance_ledger", "log/log.example",
                             v1::EVENT_KIND_LOG_FROZEN, Event());
         return {p.ledger.LockClerk(p.first), frozen};
       },
       {},
       /*goes_on=*/false},
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

// --- P7

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

// --- P1: place

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

// --- P1: evidence

std::vector<Plant> EvidencePlants() {
  using identity::v1::Evidence;
  using identity::v1::FaceResult;
  return {
      {Kind::VERIFIED_OUTSIDE_SESSION, "AfterTheSession",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const uint64_t opened = p.ledger.last();
         const uint64_t closed =
             p.ledger.CloseSession(visit, v1::SESSION_END_CLOSED);
         p.ledger.Advance(absl::Minutes(5));
         return {p.ledger.Verify(visit), opened, closed};
       }},
      {Kind::VERIFIED_OUTSIDE_SESSION, "NoSuchSession",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         visit.session = p.ledger.NewId();
         return {
             p.ledger.Verify(visit, [](Event& event) { event.clear_after(); })};
       }},
      {Kind::EVIDENCE_MALFORMED,
       "NotEvidence",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         const std::string other = "something else";
         const std::string signature = *visit.counter.evidence_key.Sign(other);
         return {p.ledger.Verify(visit, [&](Event& event) {
           event.mutable_identity()->set_signed_evidence(other);
           event.mutable_identity()->set_evidence_signature(signature);
         })};
       },
       {Kind::EVIDENCE_SIGNATURE_INVALID}},
      {Kind::EVIDENCE_KEY_NOT_PINNED, "KeyOfAnotherTerminal",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         visit.counter.evidence_key = p.second.evidence_key;
         return {p.ledger.Verify(visit), 15};
       }},
      {Kind::EVIDENCE_KEY_NOT_PINNED, "KeyOfNobody",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         visit.counter.evidence_key = *crypto::SigningKey::GenerateP256();
         return {p.ledger.Verify(visit), 15};
       }},
      {Kind::EVIDENCE_SIGNATURE_INVALID, "OneByteOfTheSignature",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(visit, [](Event& event) {
           event.mutable_identity()->mutable_evidence_signature()->back() ^= 1;
         })};
       }},
      {Kind::EVIDENCE_SIGNATURE_INVALID, "SignedByAnotherKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         visit.counter.evidence_key = p.second.evidence_key;
         const std::string pinned =
             crypto::Sha256(p.first.evidence_key.PublicDer());
         return {p.ledger.Verify(visit, [&](Event& event) {
           event.mutable_identity()->set_evidence_key_sha256(pinned);
         })};
       }},
      {Kind::EVIDENCE_OF_OTHER_SESSION, "SessionOfYesterday",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(visit, nullptr,
                                 [](Evidence& evidence, FaceResult& face) {
                                   evidence.set_session_id("other");
                                   face.set_session_id("other");
                                 })};
       }},
      {Kind::EVIDENCE_OF_OTHER_SESSION, "AnotherTerminal",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(visit, nullptr,
                                 [](Evidence& evidence, FaceResult&) {
                                   evidence.set_terminal("demo/t2");
                                 })};
       }},
      {Kind::EVIDENCE_COMMITMENTS_DIFFER, "AnotherPhone",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(visit, [](Event& event) {
           SetCommitment(event, v1::COMMITMENT_FIELD_DEVICE);
         })};
       }},
      {Kind::EVIDENCE_COMMITMENTS_DIFFER, "AnotherCard",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(visit, [](Event& event) {
           SetCommitment(event, v1::COMMITMENT_FIELD_CARD_BLOCK);
         })};
       }},
      {Kind::EVIDENCE_TIME_OFF, "ReadAnHourAgo",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(
             visit, nullptr, [](Evidence& evidence, FaceResult&) {
               *evidence.mutable_device_time() =
                   ToProto(FromProto(evidence.device_time()) - absl::Hours(1));
             })};
       }},
      {Kind::NONCE_REUSED, "OneReadForTwoPeople",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         p.ledger.Verify(visit);
         visit.verification = p.ledger.NewId();
         visit.attestation = p.ledger.NewId();
         return {p.ledger.Verify(visit)};
       }},
      {Kind::NONCE_REUSED,
       "AndAnotherOnceKey",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         p.ledger.Verify(visit);
         visit.verification = p.ledger.NewId();
         visit.attestation = p.ledger.NewId();
         return {p.ledger.Verify(
             visit, [](Event& event) { event.set_once_key("nonce/00"); })};
       },
       {Kind::ONCE_KEY_WRONG}},
      {Kind::FACE_NOT_SHOWN, "NotLive",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {p.ledger.Verify(
             visit, nullptr,
             [](Evidence&, FaceResult& face) { face.set_live(false); })};
       }},
      {Kind::FACE_NOT_SHOWN, "BelowThreshold",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {
             p.ledger.Verify(visit, nullptr, [](Evidence&, FaceResult& face) {
               face.set_score_millionths(1);
             })};
       }},
      {Kind::FACE_NOT_SHOWN, "FaceOfAnotherCard",
       [](PlantedLedger& p) -> Entries {
         SyntheticVisit visit = p.ledger.OpenSession(p.first);
         return {
             p.ledger.Verify(visit, nullptr, [](Evidence&, FaceResult& face) {
               face.set_card_block_commitment(std::string(32, 'x'));
             })};
       }},
  };
}

// --- P1: the order

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

// --- P2

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

// --- P3

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

}  // namespace

PlantedLedger::PlantedLedger()
    : first{.evidence_key = *crypto::SigningKey::GenerateP256()},
      second{.evidence_key = first.evidence_key} {
  ledger.EnrollShop("demo");                   // 1, 2
  first = ledger.EnrollCounter("demo", "1");   // 3 to 8
  second = ledger.EnrollCounter("demo", "2");  // 9 to 14
  ledger.OpenShift(first);                     // 15
  ledger.OpenShift(second);                    // 16
  ledger.Issue(second);                        // 17 to 27
}

const std::vector<Plant>& Plants() {
  static const std::vector<Plant>* const plants = [] {
    auto* all = new std::vector<Plant>();
    for (std::vector<Plant> some :
         {RecordPlants(), EnrollmentPlants(), PlacePlants(), EvidencePlants(),
          PlacingPlants(), OrderPlants(), LimitPlants()}) {
      for (Plant& plant : some) all->push_back(std::move(plant));
    }
    return all;
  }();
  return *plants;
}

}  // namespace shiming::conformance

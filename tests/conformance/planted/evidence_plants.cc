// P1: the evidence.
#include "common/crypto/digest.h"
#include "common/time/proto_time.h"
#include "tests/conformance/planted/edits.h"
#include "tests/conformance/planted/groups.h"

namespace shiming::conformance {
namespace {

namespace v1 = ledger::v1;
using Event = ledger::v1::Event;
using Kind = ledger::ViolationKind;
using Entries = std::vector<uint64_t>;

}  // namespace

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

}  // namespace shiming::conformance

// Goal: VerifyIdentity decides in the written order, once, on the record, and
// leaves nothing personal in clear. Method: the whole of step 3 on real
// databases; only terminal_session and the authority are faked.
#include "services/identity_verification/core/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/commitment.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/status/reason.h"
#include "common/testing/status_matchers.h"
#include "identity/document/card_block_builder.h"
#include "services/identity_verification/testing/verification_desk.h"
#include "tests/conformance/csv.h"

namespace shiming::identity_verification {
namespace {

using identity::EvidenceMaker;
using ::shiming::testing::FailsWith;
using ::shiming::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
namespace v1 = identity::v1;

class VerifierTest : public ::testing::Test {
 protected:
  // Verifies once more with this reading; "APPROVED" or the refused reason or,
  // for an error, "error " and its reason.
  std::string Verdict(const EvidenceMaker& maker) {
    return VerdictOf(desk_.Verify(desk_.RequestOf(maker)));
  }

  static std::string VerdictOf(const absl::StatusOr<v1::Verification>& result) {
    if (!result.ok()) {
      const std::optional<Reason> reason = ReasonOf(result.status());
      return "error " + (reason.has_value() ? std::string(NameOf(*reason))
                                            : result.status().ToString());
    }
    return result->decision() == v1::DECISION_APPROVED
               ? "APPROVED"
               : result->refused_reason();
  }

  // No decision, no event, no person.
  void ExpectNoEffect() {
    EXPECT_EQ(desk_.RowCount("verifications"), 0);
    EXPECT_EQ(desk_.RowCount("persons"), 0);
    EXPECT_EQ(desk_.RowCount("outbox_events"), 0);
    EXPECT_EQ(desk_.RowCount("requests"), 0);
  }

  VerificationDesk desk_;
};

TEST_F(VerifierTest, ApprovesAndAttests) {
  const EvidenceMaker maker = desk_.OpenSession();
  const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  desk_.authority.CountWith(2);
  const auto verified = desk_.Verify(request);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->decision(), v1::DECISION_APPROVED);
  EXPECT_EQ(verified->session_id(), maker.session_id);
  EXPECT_EQ(verified->document_kind(), v1::DOCUMENT_KIND_RESIDENT_ID);
  EXPECT_EQ(verified->masked_name(), "样**");
  EXPECT_THAT(verified->masked_number(), HasSubstr("****************"));

  const auto attestation =
      desk_.AttestationVerifierOf().Verify(verified->attestation());
  ASSERT_THAT(attestation, IsOk());
  EXPECT_EQ(attestation->verification_id(), verified->verification_id());
  EXPECT_EQ(attestation->session_id(), maker.session_id);
  EXPECT_EQ(attestation->terminal(), "shop-1/terminal-1");
  EXPECT_EQ(attestation->clerk(), "clerk-1");
  EXPECT_EQ(attestation->shop(), "shop-1");
  EXPECT_EQ(attestation->order_kind(), v1::ORDER_KIND_NEW_NUMBER);
  EXPECT_EQ(attestation->numbers_elsewhere(), 2);
  EXPECT_EQ(attestation->policy_version(), "policy-1");
  EXPECT_EQ(attestation->evidence_sha256(),
            crypto::Sha256(request.evidence().signed_()));
  EXPECT_EQ(
      attestation->device_commitment(),
      crypto::Commit(crypto::kDeviceLabel, request.openings().device_salt(),
                     maker.eid + maker.imei));
  EXPECT_EQ(attestation->event_id().SerializeAsString(),
            verified->event_id().SerializeAsString());
  // Rows of one person lie together.
  EXPECT_EQ(verified->verification_id().substr(0, 2),
            attestation->person_id().substr(0, 2));
  EXPECT_EQ(attestation->expire_time().seconds(),
            absl::ToUnixSeconds(desk_.clock.Now() + absl::Minutes(15)));
}

TEST_F(VerifierTest, PutsTheApprovalOnTheRecord) {
  const EvidenceMaker maker = desk_.OpenSession();
  const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  const auto verified = desk_.Verify(request);
  ASSERT_THAT(verified, IsOk());
  const auto event = desk_.EventOf(*verified);
  ASSERT_THAT(event, IsOk());
  EXPECT_EQ(event->kind(), ledger::v1::EVENT_KIND_IDENTITY_VERIFIED);
  EXPECT_EQ(event->session(), maker.session_id);
  EXPECT_EQ(event->verification(), verified->verification_id());
  EXPECT_EQ(event->display(), "shop-1/display-1");
  EXPECT_EQ(event->once_key().substr(0, 6), "nonce/");
  ASSERT_EQ(event->after_size(), 1);
  EXPECT_EQ(event->after(0).aggregate(), "session/" + maker.session_id);
  // Anyone can check the terminal's signature from the entry alone.
  EXPECT_EQ(event->identity().signed_evidence(), request.evidence().signed_());
  EXPECT_THAT(maker.evidence_key.Public().Verify(
                  event->identity().signed_evidence(),
                  event->identity().evidence_signature()),
              IsOk());
  EXPECT_EQ(event->identity().evidence_key_sha256(),
            maker.evidence_key.Public().Hash());
  EXPECT_EQ(event->commitments_size(), 2);
  EXPECT_FALSE(event->person_id().empty());
}

TEST_F(VerifierTest, KeepsNothingPersonalInClear) {
  EvidenceMaker maker = desk_.OpenSession();
  const identity::SyntheticPerson person = identity::SyntheticPersonOf(77);
  maker.card_block = *identity::BuildResidentCard(person);
  ASSERT_EQ(Verdict(maker), "APPROVED");
  desk_.NewNonce(maker);
  maker.change_face = [](auto& face) { face.set_live(false); };
  ASSERT_EQ(Verdict(maker), "FACE_NOT_LIVE");
  const std::string bytes = desk_.DatabaseBytes();
  const std::string number = *identity::ResidentNumberOf(person);
  // The database is what we look at: it holds the session.
  ASSERT_THAT(bytes, HasSubstr(maker.session_id));
  for (const std::string& secret :
       {person.name, person.address, number, number.substr(6, 8), maker.eid,
        maker.imei, maker.card_block}) {
    EXPECT_THAT(bytes, Not(HasSubstr(secret)));
  }
}

TEST_F(VerifierTest, SamePersonSameIdOtherPersonOtherId) {
  std::vector<std::string> ids;
  for (const uint64_t who : {1, 2, 1}) {
    EvidenceMaker maker = desk_.OpenSession();
    maker.card_block =
        *identity::BuildResidentCard(identity::SyntheticPersonOf(who));
    const auto verified = desk_.Verify(desk_.RequestOf(maker));
    ASSERT_THAT(verified, IsOk());
    ids.push_back(desk_.EventOf(*verified)->person_id());
  }
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(desk_.RowCount("persons"), 2);
  EXPECT_EQ(desk_.RowCount("person_keys"), 2);
}

// --- errors: nothing is decided, nothing recorded

TEST_F(VerifierTest, RefusesMalformedRequestsBeforeAnythingElse) {
  const EvidenceMaker maker = desk_.OpenSession();
  desk_.sessions.FailWith(MakeError(Reason::SESSION_NOT_OPEN, "asked"));
  const auto changed = [&](auto change) {
    v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
    change(request);
    const auto result = desk_.Verify(request);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    return PartsOf(result.status()).field;
  };
  EXPECT_EQ(changed([](auto& r) { r.clear_request_id(); }), "request_id");
  EXPECT_EQ(changed([](auto& r) { r.clear_shift_token(); }), "shift_token");
  EXPECT_EQ(changed([](auto& r) { r.set_session_id("x"); }), "session_id");
  EXPECT_EQ(changed([](auto& r) { r.clear_evidence(); }), "evidence.signed");
  EXPECT_EQ(changed([](auto& r) { r.clear_openings(); }), "openings");
  EXPECT_EQ(changed([](auto& r) {
              r.mutable_openings()->set_eid("8904903212345123451234567890123");
            }),
            "openings.eid");
  EXPECT_EQ(changed([](auto& r) { r.mutable_openings()->set_imei("1"); }),
            "openings.imei");
  EXPECT_EQ(changed([](auto& r) { r.clear_order_kind(); }), "order_kind");
  EXPECT_EQ(changed([](auto& r) { r.set_face_consent_text_id("样本"); }),
            "face_consent_text_id");
  ExpectNoEffect();
}

TEST_F(VerifierTest, AsksForStandingFirst) {
  const EvidenceMaker maker = desk_.OpenSession();
  v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  request.clear_face_consent_text_id();
  desk_.sessions.Close(maker.session_id);
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error SESSION_NOT_OPEN");
  EXPECT_FALSE(desk_.sessions.IsSpent(maker.nonce));
  ExpectNoEffect();
}

TEST_F(VerifierTest, NeedsConsentAndAServedKind) {
  const EvidenceMaker maker = desk_.OpenSession();
  v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  request.clear_face_consent_text_id();
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error FACE_CONSENT_REQUIRED");
  request = desk_.RequestOf(maker);
  request.set_order_kind(v1::ORDER_KIND_CONVERSION);
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error ORDER_KIND_NOT_SERVED");
  EXPECT_FALSE(desk_.sessions.IsSpent(maker.nonce));
  ExpectNoEffect();
}

TEST_F(VerifierTest, ABadSignatureSpendsNoNonce) {
  EvidenceMaker maker = desk_.OpenSession();
  v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  const size_t size = request.evidence().signed_().size();
  for (const size_t at : {size_t{0}, size / 2, size - 1}) {
    v1::VerifyIdentityRequest flipped = request;
    (*flipped.mutable_evidence()->mutable_signed_())[at] ^= 1;
    EXPECT_EQ(VerdictOf(desk_.Verify(flipped)),
              "error EVIDENCE_SIGNATURE_INVALID");
  }
  // By the TLS key, or by another terminal.
  maker.evidence_key = *crypto::SigningKey::GenerateP256();
  EXPECT_EQ(Verdict(maker), "error EVIDENCE_SIGNATURE_INVALID");
  EXPECT_FALSE(desk_.sessions.IsSpent(maker.nonce));
  ExpectNoEffect();
  // The reading is still good.
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "APPROVED");
}

TEST_F(VerifierTest, RefusesEvidenceOfAnotherSession) {
  const EvidenceMaker first = desk_.OpenSession();
  const EvidenceMaker second = desk_.OpenSession();
  v1::VerifyIdentityRequest request = desk_.RequestOf(first);
  request.set_session_id(second.session_id);
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error EVIDENCE_OTHER_SESSION");
  EXPECT_FALSE(desk_.sessions.IsSpent(first.nonce));
  ExpectNoEffect();
}

TEST_F(VerifierTest, RefusesReusedAndUnknownNonces) {
  EvidenceMaker maker = desk_.OpenSession();
  ASSERT_EQ(Verdict(maker), "APPROVED");
  // Other evidence under the nonce that was spent.
  maker.sam_number = "other";
  EXPECT_EQ(Verdict(maker), "error NONCE_USED");
  maker.nonce = std::string(32, 'u');
  EXPECT_EQ(Verdict(maker), "error NONCE_UNKNOWN");
  EXPECT_EQ(desk_.RowCount("verifications"), 1);
}

TEST_F(VerifierTest, OneReadingIsOneVerification) {
  const EvidenceMaker maker = desk_.OpenSession();
  v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  ASSERT_EQ(VerdictOf(desk_.Verify(request)), "APPROVED");
  // The same evidence bytes: terminal_session lets them through again.
  request.set_request_id(desk_.RequestOf(maker).request_id());
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error NONCE_USED");
  EXPECT_EQ(desk_.RowCount("verifications"), 1);
  EXPECT_EQ(desk_.RowCount("requests"), 1);
}

// --- refusals: decided and on the record

TEST_F(VerifierTest, RefusalsAreOnTheRecordWithoutAPerson) {
  EvidenceMaker maker = desk_.OpenSession();
  desk_.authority.AnswerWith(
      AuthorityCheck{.answer = AuthorityAnswer::kNoMatch});
  const auto refused = desk_.Verify(desk_.RequestOf(maker));
  ASSERT_THAT(refused, IsOk());
  EXPECT_EQ(refused->decision(), v1::DECISION_REFUSED);
  EXPECT_EQ(refused->refused_reason(), "AUTHORITY_NO_MATCH");
  EXPECT_EQ(refused->masked_name(), "");
  EXPECT_EQ(refused->masked_number(), "");
  EXPECT_FALSE(refused->has_attestation());
  const auto event = desk_.EventOf(*refused);
  ASSERT_THAT(event, IsOk());
  EXPECT_EQ(event->kind(), ledger::v1::EVENT_KIND_IDENTITY_REFUSED);
  EXPECT_EQ(event->refused_reason(), "AUTHORITY_NO_MATCH");
  EXPECT_EQ(event->person_id(), "");
  EXPECT_EQ(event->identity().attestation_id(), "");
  EXPECT_EQ(event->policy_version(), "policy-1");
  EXPECT_EQ(desk_.RowCount("persons"), 0);
  EXPECT_EQ(desk_.RowCount("person_keys"), 0);
}

TEST_F(VerifierTest, EveryVectorBlockIsDecidedAndOnTheRecord) {
  const auto rows =
      conformance::ReadCsv("tests/testdata/reader_text_blocks.csv");
  ASSERT_THAT(rows, IsOk());
  for (const conformance::CsvRow& row : *rows) {
    SCOPED_TRACE(row.at("id"));
    ASSERT_EQ(row.at("as_of"), "2026-06-30");  // where the desk's clock stands
    EvidenceMaker maker = desk_.OpenSession();
    maker.card_block = *crypto::FromHex(row.at("block_hex"));
    const auto result = desk_.Verify(desk_.RequestOf(maker));
    const bool good = row.at("expect") == "OK";
    EXPECT_EQ(VerdictOf(result), good ? "APPROVED" : row.at("expect"));
    ASSERT_THAT(result, IsOk());
    const auto event = desk_.EventOf(*result);
    ASSERT_THAT(event, IsOk());
    EXPECT_EQ(event->refused_reason(), good ? "" : row.at("expect"));
  }
  EXPECT_EQ(desk_.RowCount("verifications"),
            static_cast<int64_t>(rows->size()));
}

TEST_F(VerifierTest, RefusesOpeningsThatDoNotOpen) {
  EvidenceMaker maker = desk_.OpenSession();
  maker.change_openings = [](auto& openings) {
    (*openings.mutable_card_block())[5] ^= 1;
  };
  EXPECT_EQ(Verdict(maker), "CARD_BLOCK_COMMITMENT_MISMATCH");
  EXPECT_TRUE(desk_.sessions.IsSpent(maker.nonce));
  desk_.NewNonce(maker);
  // Another phone than the one in the evidence.
  maker.change_openings = [](auto& openings) {
    openings.set_eid("89049032123451234512345678902205");
  };
  EXPECT_EQ(Verdict(maker), "DEVICE_COMMITMENT_MISMATCH");
  EXPECT_EQ(desk_.authority.call_count(), 0);
}

TEST_F(VerifierTest, RefusesByPolicyAndReader) {
  EvidenceMaker maker = desk_.OpenSession();
  identity::SyntheticPerson person = identity::SyntheticPersonOf(5);
  person.birth_date = *Date::ParseIso("2010-07-01");
  maker.card_block = *identity::BuildResidentCard(person);
  EXPECT_EQ(Verdict(maker), "HOLDER_TOO_YOUNG");
  person.birth_date = *Date::ParseIso("2010-06-30");
  maker.card_block = *identity::BuildResidentCard(person);
  desk_.NewNonce(maker);
  EXPECT_EQ(Verdict(maker), "APPROVED");
  desk_.NewNonce(maker);
  maker.sam_number = "05.01-20200101-0000000002";
  EXPECT_EQ(Verdict(maker), "SAM_NOT_ALLOWED");

  desk_.rules.policies = *identity::PolicyBook::Make(
      {{.version = "foreigners-only",
        .effective_from = *Date::ParseIso("2026-01-01"),
        .accepted_documents = {identity::DocumentKind::kForeignPr2023},
        .min_age_alone = 16,
        .face_min_score_millionths = 1}});
  desk_.Restart();
  EvidenceMaker other = desk_.OpenSession();
  EXPECT_EQ(Verdict(other), "DOCUMENT_NOT_ACCEPTED");
}

TEST_F(VerifierTest, FailsClosedWhenTheAuthorityGivesNoClearAnswer) {
  EvidenceMaker maker = desk_.OpenSession();
  const auto again = [&] {
    desk_.NewNonce(maker);
    return Verdict(maker);
  };
  desk_.authority.AnswerWith(
      AuthorityCheck{.answer = AuthorityAnswer::kUnknown});
  EXPECT_EQ(again(), "AUTHORITY_UNKNOWN");
  desk_.authority.AnswerWith(absl::UnavailableError("away"));
  EXPECT_EQ(again(), "AUTHORITY_UNAVAILABLE");
  desk_.authority.AnswerWith(MakeError(Reason::CALL_TIMED_OUT, "too slow"));
  EXPECT_EQ(again(), "AUTHORITY_UNAVAILABLE");
  desk_.authority.AnswerWith(AuthorityCheck{.answer = AuthorityAnswer::kMatch});
  desk_.authority.CountWith(absl::UnavailableError("away"));
  EXPECT_EQ(again(), "NUMBER_COUNT_UNAVAILABLE");
  desk_.authority.CountWith(-1);
  EXPECT_EQ(again(), "NUMBER_COUNT_UNAVAILABLE");
  desk_.authority.CountWith(0);
  EXPECT_EQ(again(), "APPROVED");
}

TEST_F(VerifierTest, ThreeFailedFacesLockTheSession) {
  EvidenceMaker maker = desk_.OpenSession();
  const auto again = [&] {
    desk_.NewNonce(maker);
    return Verdict(maker);
  };
  maker.change_face = [](auto& face) { face.set_score_millionths(1); };
  EXPECT_EQ(again(), "FACE_SCORE_LOW");
  EXPECT_EQ(again(), "FACE_SCORE_LOW");
  // A good face does not set the count back.
  maker.change_face = [](auto&) {};
  EXPECT_EQ(again(), "APPROVED");
  maker.engine_key_id = "engine-9";
  EXPECT_EQ(again(), "FACE_ENGINE_UNKNOWN");
  maker.engine_key_id = "engine-1";
  EXPECT_EQ(again(), "FACE_LOCKED");
  maker.change_face = [](auto& face) { face.set_live(false); };
  EXPECT_EQ(again(), "FACE_LOCKED");
  EXPECT_EQ(desk_.RowCount("persons"), 1);
  EXPECT_EQ(desk_.RowCount("person_keys"), 1);
  // Another session is not concerned.
  EXPECT_EQ(Verdict(desk_.OpenSession()), "APPROVED");
}

TEST_F(VerifierTest, ALockedFaceLeavesNoNewPerson) {
  EvidenceMaker maker = desk_.OpenSession();
  maker.change_face = [](auto& face) { face.set_score_millionths(1); };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Verdict(maker), "FACE_SCORE_LOW");
    desk_.NewNonce(maker);
  }
  maker.change_face = [](auto&) {};
  EXPECT_EQ(Verdict(maker), "FACE_LOCKED");
  EXPECT_EQ(desk_.RowCount("persons"), 0);
  EXPECT_EQ(desk_.RowCount("person_keys"), 0);
}

// --- once, whatever happens

TEST_F(VerifierTest, ARepeatGivesTheSameAndAsksNobody) {
  const EvidenceMaker maker = desk_.OpenSession();
  const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  const auto first = desk_.Verify(request);
  ASSERT_THAT(first, IsOk());
  const int calls = desk_.authority.call_count();
  const auto second = desk_.Verify(request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(desk_.authority.call_count(), calls);
  const auto got = desk_.Get(maker.session_id, first->verification_id());
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(first->SerializeAsString(), got->SerializeAsString());
}

TEST_F(VerifierTest, ARequestIdIsForOneContent) {
  EvidenceMaker maker = desk_.OpenSession();
  v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  ASSERT_EQ(VerdictOf(desk_.Verify(request)), "APPROVED");
  const std::string request_id = request.request_id();
  desk_.NewNonce(maker);
  request = desk_.RequestOf(maker);
  request.set_request_id(request_id);
  EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error REQUEST_ID_REUSED");
  EXPECT_FALSE(desk_.sessions.IsSpent(maker.nonce));
}

TEST_F(VerifierTest, RepeatsThatRunTogetherDecideOnce) {
  for (int round = 0; round < 10; ++round) {
    EvidenceMaker maker = desk_.OpenSession();
    maker.card_block = *identity::BuildResidentCard(
        identity::SyntheticPersonOf(static_cast<uint64_t>(round)));
    const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
    const auto results = desk_.VerifyAll({request, request, request});
    for (const auto& result : results) {
      ASSERT_THAT(result, IsOk());
      EXPECT_EQ(result->SerializeAsString(), results[0]->SerializeAsString());
    }
  }
  EXPECT_EQ(desk_.RowCount("verifications"), 10);
  EXPECT_EQ(desk_.RowCount("outbox_events"), 10);
  EXPECT_EQ(desk_.RowCount("persons"), 10);
  EXPECT_EQ(desk_.RowCount("person_keys"), 10);
  // Both questions, asked under the same ids each time.
  EXPECT_EQ(desk_.authority.question_count(), 20u);
}

TEST_F(VerifierTest, ANewPersonInManySessionsAtOnceIsOnePerson) {
  for (uint64_t round = 0; round < 10; ++round) {
    std::vector<v1::VerifyIdentityRequest> requests;
    for (int i = 0; i < 4; ++i) {
      EvidenceMaker maker = desk_.OpenSession();
      maker.card_block =
          *identity::BuildResidentCard(identity::SyntheticPersonOf(round));
      requests.push_back(desk_.RequestOf(maker));
    }
    std::set<std::string> persons;
    for (const auto& result : desk_.VerifyAll(requests)) {
      ASSERT_THAT(result, IsOk());
      persons.insert(desk_.EventOf(*result)->person_id());
      EXPECT_EQ(result->masked_name().substr(0, 3), "样");
    }
    EXPECT_EQ(persons.size(), 1u);
  }
  EXPECT_EQ(desk_.RowCount("persons"), 10);
  EXPECT_EQ(desk_.RowCount("person_aliases"), 10);
  EXPECT_EQ(desk_.RowCount("person_keys"), 10);
  EXPECT_EQ(desk_.RowCount("verifications"), 40);
}

TEST_F(VerifierTest, ARestartLosesNothing) {
  const EvidenceMaker maker = desk_.OpenSession();
  const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  const auto before = desk_.Verify(request);
  ASSERT_THAT(before, IsOk());
  desk_.Restart();
  const auto repeated = desk_.Verify(request);
  ASSERT_THAT(repeated, IsOk());
  EXPECT_EQ(before->SerializeAsString(), repeated->SerializeAsString());
  const auto got = desk_.Get(maker.session_id, before->verification_id());
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(before->SerializeAsString(), got->SerializeAsString());
}

TEST_F(VerifierTest, AnUnknownCommitIsRepairedByTheRepeat) {
  using Fault = sql::testing::FaultyDatabase::CommitFault;
  for (const Fault fault :
       {Fault::kNotDone, Fault::kUnknownButDone, Fault::kUnknownNotDone}) {
    const int64_t before = desk_.RowCount("verifications");
    const EvidenceMaker maker = desk_.OpenSession();
    const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
    desk_.faults->FailCommit(1, fault);
    EXPECT_EQ(VerdictOf(desk_.Verify(request)), "error DATABASE_UNAVAILABLE");
    EXPECT_EQ(VerdictOf(desk_.Verify(request)), "APPROVED");
    EXPECT_EQ(desk_.RowCount("verifications"), before + 1);
    EXPECT_EQ(desk_.RowCount("persons"), 1);
  }
}

TEST_F(VerifierTest, AFailureAtAnyStatementLeavesNothingHalfDone) {
  const EvidenceMaker maker = desk_.OpenSession();
  const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  int failures = 0;
  for (int statement = 1;; ++statement) {
    desk_.faults->FailStatement(statement);
    const std::string verdict = VerdictOf(desk_.Verify(request));
    if (verdict == "APPROVED") break;
    ++failures;
    ASSERT_EQ(verdict, "error DATABASE_UNAVAILABLE");
    ExpectNoEffect();
  }
  EXPECT_GE(failures, 5);
  EXPECT_EQ(desk_.RowCount("verifications"), 1);
}

TEST_F(VerifierTest, AttestationsEnd) {
  const EvidenceMaker maker = desk_.OpenSession();
  const v1::VerifyIdentityRequest request = desk_.RequestOf(maker);
  const auto verified = desk_.Verify(request);
  ASSERT_THAT(verified, IsOk());
  desk_.clock.Advance(absl::Minutes(15));
  EXPECT_THAT(desk_.AttestationVerifierOf().Verify(verified->attestation()),
              FailsWith(Reason::ATTESTATION_EXPIRED));
  const auto later = desk_.Verify(request);
  ASSERT_THAT(later, IsOk());
  EXPECT_EQ(later->decision(), v1::DECISION_APPROVED);
  EXPECT_FALSE(later->has_attestation());
}

TEST_F(VerifierTest, GetIsForTheSameSessionOnly) {
  const EvidenceMaker maker = desk_.OpenSession();
  const auto verified = desk_.Verify(desk_.RequestOf(maker));
  ASSERT_THAT(verified, IsOk());
  const EvidenceMaker other = desk_.OpenSession();
  EXPECT_THAT(desk_.Get(other.session_id, verified->verification_id()),
              FailsWith(Reason::NOT_FOUND));
  EXPECT_THAT(desk_.Get(maker.session_id, "no id"),
              FailsWith(Reason::NOT_FOUND));
  desk_.sessions.Close(maker.session_id);
  EXPECT_THAT(desk_.Get(maker.session_id, verified->verification_id()),
              FailsWith(Reason::SESSION_NOT_OPEN));
}

}  // namespace
}  // namespace shiming::identity_verification

// What bad evidence gets in step 3: its reason, IDENTITY_REFUSED where the
// rules want it on the record, and nothing else.
#include <set>

#include "common/crypto/commitment.h"
#include "common/crypto/encoding.h"
#include "common/time/date.h"
#include "identity/evidence/signed_object.h"
#include "tests/conformance/csv.h"
#include "tests/e2e/audit.h"
#include "tests/e2e/e2e_test_base.h"
#include "tools/shiming_terminal/device.h"

namespace shiming::e2e {
namespace {

using identity::v1::Evidence;
using shiming_terminal::BuiltEvidence;

class EvidenceRefusalsTest : public E2eTest {
 protected:
  // Parses, changes and signs evidence again with `key`.
  static BuiltEvidence Resign(const BuiltEvidence& built,
                              const crypto::SigningKey& key,
                              const std::function<void(Evidence&)>& change) {
    Evidence evidence;
    const std::string& bytes = built.evidence.signed_();
    EXPECT_TRUE(evidence.ParseFromString(bytes.substr(bytes.find('\0') + 1)));
    change(evidence);
    BuiltEvidence changed = built;
    changed.evidence =
        *identity::SignObject(identity::kEvidenceLabel, evidence, key);
    return changed;
  }

  // Expects an error status with the reason and no entry about it.
  static void ExpectError(ShopFloor& floor, const BuiltEvidence& evidence,
                          const std::string& reason) {
    const auto verification = floor.VerifyRaw(evidence);
    EXPECT_EQ(ReasonText(verification.status()), reason);
  }

  // Expects a decision REFUSED with the reason, on the record.
  static void ExpectRefused(ShopFloor& floor, const BuiltEvidence& evidence,
                            const std::string& reason) {
    const auto verification = floor.VerifyRaw(evidence);
    ASSERT_TRUE(verification.ok()) << verification.status();
    EXPECT_EQ(verification->decision(), identity::v1::DECISION_REFUSED);
    EXPECT_EQ(verification->refused_reason(), reason);
    EXPECT_FALSE(verification->has_attestation());
    ledger::v1::EntryFilter filter;
    filter.set_session(floor.terminal().session_id());
    const auto events = WaitForEntries(
        *cluster_, filter, [&](const std::vector<ledger::v1::Event>& found) {
          return CountOf(found, ledger::v1::EVENT_KIND_IDENTITY_REFUSED) > 0;
        });
    ASSERT_TRUE(events.ok()) << events.status();
    EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_IDENTITY_REFUSED, reason),
              1)
        << reason;
    EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_IDENTITY_REFUSED), 1);
    EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_IDENTITY_VERIFIED), 0);
  }
};

TEST_F(EvidenceRefusalsTest, EachRefusalRowOfTheCardBlockVectors) {
  const auto rows =
      conformance::ReadCsv("tests/testdata/reader_text_blocks.csv");
  ASSERT_TRUE(rows.ok()) << rows.status();
  // All rows have one reference date; the services' time goes there.
  const auto as_of = Date::ParseIso(rows->front().at("as_of"));
  ASSERT_TRUE(as_of.ok());
  const absl::Time noon = absl::FromCivil(
      absl::CivilSecond(as_of->year(), as_of->month(), as_of->day(), 12),
      absl::FixedTimeZone(8 * 3600));
  ASSERT_TRUE(cluster_->SetClockOffset(noon - absl::Now()).ok());
  int refusals = 0;
  for (const conformance::CsvRow& row : *rows) {
    ASSERT_EQ(row.at("as_of"), rows->front().at("as_of"));
    if (row.at("expect") == "OK") continue;
    SCOPED_TRACE(row.at("id"));
    auto floor = OpenFloor();
    ASSERT_NE(floor, nullptr);
    auto customer = ShopFloor::NewCustomer();
    customer.card_block = *crypto::FromHex(row.at("block_hex"));
    const auto evidence = floor->BuildEvidence(customer);
    ASSERT_TRUE(evidence.ok());
    ExpectRefused(*floor, *evidence, row.at("expect"));
    ++refusals;
  }
  EXPECT_GT(refusals, 10);
  ASSERT_TRUE(cluster_->SetClockOffset(absl::ZeroDuration()).ok());
}

TEST_F(EvidenceRefusalsTest, AFlippedByteIsNoEvidenceAndSpendsNoNonce) {
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  const auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
  ASSERT_TRUE(evidence.ok());
  BuiltEvidence flipped = *evidence;
  (*flipped.evidence.mutable_signed_())[40] ^= 1;
  ExpectError(*floor, flipped, "EVIDENCE_SIGNATURE_INVALID");
  // The nonce is still good.
  const auto verification = floor->VerifyRaw(*evidence);
  ASSERT_TRUE(verification.ok()) << verification.status();
  EXPECT_EQ(verification->decision(), identity::v1::DECISION_APPROVED);
  // What nobody has signed is nobody's refusal: it is not on the record.
  ledger::v1::EntryFilter filter;
  filter.set_session(floor->terminal().session_id());
  const auto events = WaitForEntries(
      *cluster_, filter, [](const std::vector<ledger::v1::Event>& found) {
        return CountOf(found, ledger::v1::EVENT_KIND_IDENTITY_VERIFIED) > 0;
      });
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_IDENTITY_VERIFIED), 1);
  EXPECT_EQ(CountOf(*events, ledger::v1::EVENT_KIND_IDENTITY_REFUSED), 0);
}

TEST_F(EvidenceRefusalsTest, EvidenceSignedByTheTlsKeyOrAnotherTerminal) {
  auto other = OpenFloor();
  ASSERT_NE(other, nullptr);
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  const auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
  ASSERT_TRUE(evidence.ok());
  const auto tls_key =
      shiming_terminal::ReadKey(last_counter_.terminal.tls_key_file);
  ASSERT_TRUE(tls_key.ok());
  const auto unchanged = [](Evidence&) {};
  ExpectError(*floor, Resign(*evidence, *tls_key, unchanged),
              "EVIDENCE_SIGNATURE_INVALID");
  ExpectError(*floor, Resign(*evidence, other->evidence_key(), unchanged),
              "EVIDENCE_SIGNATURE_INVALID");
  const std::string other_terminal = other->terminal_id();
  ExpectError(*floor,
              Resign(*evidence, floor->evidence_key(),
                     [&](Evidence& e) { e.set_terminal(other_terminal); }),
              "EVIDENCE_OTHER_TERMINAL");
  const std::string other_session = other->terminal().session_id();
  ExpectError(*floor,
              Resign(*evidence, floor->evidence_key(),
                     [&](Evidence& e) { e.set_session_id(other_session); }),
              "EVIDENCE_OTHER_SESSION");
}

TEST_F(EvidenceRefusalsTest, AReusedNonceIsRefused) {
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  const auto first = floor->BuildEvidence(ShopFloor::NewCustomer());
  const auto second = floor->BuildEvidence(ShopFloor::NewCustomer());
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(floor->VerifyRaw(*first).ok());
  ExpectError(*floor, *second, "NONCE_USED");
}

TEST_F(EvidenceRefusalsTest, AnExpiredNonceIsRefused) {
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  // The nonce lives 120 s.
  ASSERT_TRUE(cluster_->SetClockOffset(absl::Seconds(121)).ok());
  const auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
  ASSERT_TRUE(evidence.ok());
  ExpectError(*floor, *evidence, "NONCE_EXPIRED");
  ASSERT_TRUE(cluster_->SetClockOffset(absl::ZeroDuration()).ok());
}

TEST_F(EvidenceRefusalsTest, AnotherPhoneOrCardThanCommittedTo) {
  {
    auto floor = OpenFloor();
    ASSERT_NE(floor, nullptr);
    auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
    ASSERT_TRUE(evidence.ok());
    evidence->openings.set_eid(ShopFloor::NewCustomer().eid);
    ExpectRefused(*floor, *evidence, "DEVICE_COMMITMENT_MISMATCH");
  }
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
  ASSERT_TRUE(evidence.ok());
  evidence->openings.set_card_block(ShopFloor::NewCustomer().card_block);
  ExpectRefused(*floor, *evidence, "CARD_BLOCK_COMMITMENT_MISMATCH");
}

TEST_F(EvidenceRefusalsTest, AFaceResultForAnotherBlock) {
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  const auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
  ASSERT_TRUE(evidence.ok());
  const auto other = floor->face_engine().Compare(
      floor->terminal().session_id(), floor->terminal().nonce(),
      std::string(32, 'x'), floor->clock().Now(), {});
  ASSERT_TRUE(other.ok());
  ExpectRefused(*floor,
                Resign(*evidence, floor->evidence_key(),
                       [&](Evidence& e) {
                         e.set_signed_face_result(other->signed_());
                         e.set_face_result_signature(other->signature());
                       }),
                "FACE_RESULT_OTHER_READ");
}

TEST_F(EvidenceRefusalsTest, AFaceResultOfAnUnknownEngineOrAForgedOne) {
  for (const bool known_name : {false, true}) {
    auto floor = OpenFloor();
    ASSERT_NE(floor, nullptr);
    const auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer());
    ASSERT_TRUE(evidence.ok());
    Evidence parsed;
    const std::string& bytes = evidence->evidence.signed_();
    ASSERT_TRUE(parsed.ParseFromString(bytes.substr(bytes.find('\0') + 1)));
    const shiming_terminal::DemoFaceEngine rogue(
        *crypto::SigningKey::GenerateP256(),
        known_name ? "demo-face-engine-1" : "rogue-engine");
    const auto face =
        rogue.Compare(parsed.session_id(), parsed.nonce(),
                      parsed.card_block_commitment(), floor->clock().Now(), {});
    ASSERT_TRUE(face.ok());
    ExpectRefused(
        *floor,
        Resign(*evidence, floor->evidence_key(),
               [&](Evidence& e) {
                 e.set_signed_face_result(face->signed_());
                 e.set_face_result_signature(face->signature());
               }),
        known_name ? "FACE_RESULT_SIGNATURE_INVALID" : "FACE_ENGINE_UNKNOWN");
  }
}

TEST_F(EvidenceRefusalsTest, ALowScoreOrNoLivePerson) {
  {
    auto floor = OpenFloor();
    ASSERT_NE(floor, nullptr);
    const auto evidence = floor->BuildEvidence(ShopFloor::NewCustomer(),
                                               {.score_millionths = 500'000});
    ASSERT_TRUE(evidence.ok());
    ExpectRefused(*floor, *evidence, "FACE_SCORE_LOW");
  }
  auto floor = OpenFloor();
  ASSERT_NE(floor, nullptr);
  const auto evidence =
      floor->BuildEvidence(ShopFloor::NewCustomer(), {.live = false});
  ASSERT_TRUE(evidence.ok());
  ExpectRefused(*floor, *evidence, "FACE_NOT_LIVE");
}

}  // namespace
}  // namespace shiming::e2e

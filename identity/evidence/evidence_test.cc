#include "identity/evidence/evidence.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"
#include "identity/testing/evidence_maker.h"

namespace shiming::identity {
namespace {

class EvidenceTest : public testing::Test {
 protected:
  EvidenceContext Context() const {
    return {.session_id = maker_.session_id,
            .terminal = maker_.terminal,
            .now = maker_.now,
            .max_clock_difference = absl::Minutes(5)};
  }

  // "OK" or the reason.
  std::string Verdict(const EvidenceContext& context) const {
    const auto evidence = OpenEvidence(maker_.Make().evidence,
                                       maker_.evidence_key.Public(), context);
    if (evidence.ok()) return "OK";
    return std::string(NameOf(*ReasonOf(evidence.status())));
  }

  // The verdict after a change of the evidence.
  std::string Changed(std::function<void(v1::Evidence&)> change) {
    maker_.change_evidence = std::move(change);
    return Verdict(Context());
  }

  EvidenceMaker maker_;
};

TEST_F(EvidenceTest, OpensGoodEvidence) { EXPECT_EQ(Verdict(Context()), "OK"); }

TEST_F(EvidenceTest, RefusesOtherKeys) {
  const auto other = *crypto::SigningKey::GenerateP256();
  EXPECT_TRUE(HasReason(
      OpenEvidence(maker_.Make().evidence, other.Public(), Context()).status(),
      Reason::EVIDENCE_SIGNATURE_INVALID));
}

TEST_F(EvidenceTest, RefusesOtherSessionTerminalAndTime) {
  EvidenceContext context = Context();
  context.session_id = "other";
  EXPECT_EQ(Verdict(context), "EVIDENCE_OTHER_SESSION");
  context = Context();
  context.terminal = "shop-1/terminal-2";
  EXPECT_EQ(Verdict(context), "EVIDENCE_OTHER_TERMINAL");
  for (const absl::Duration off : {absl::Seconds(301), -absl::Seconds(301)}) {
    context = Context();
    context.now += off;
    EXPECT_EQ(Verdict(context), "EVIDENCE_TIME_OFF");
  }
}

TEST_F(EvidenceTest, RefusesFieldsThatMayNotGoOnTheRecord) {
  EXPECT_EQ(Changed([](auto& e) { e.set_nonce("short"); }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) { e.set_card_block_commitment("样本甲"); }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) { e.set_device_commitment(""); }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) {
              e.set_device_capture(v1::DEVICE_CAPTURE_UNSPECIFIED);
            }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) { e.set_sam_number("样本甲"); }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) { e.set_signed_face_result("样本甲"); }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) {
              e.set_face_result_signature(std::string(73, 'a'));
            }),
            "EVIDENCE_MALFORMED");
  EXPECT_EQ(Changed([](auto& e) { e.clear_device_time(); }),
            "EVIDENCE_MALFORMED");
  maker_.change_face = [](auto& face) { face.set_model_version("样本甲"); };
  EXPECT_EQ(Changed([](auto&) {}), "EVIDENCE_MALFORMED");
}

TEST_F(EvidenceTest, OpeningsMustOpen) {
  MadeEvidence made = maker_.Make();
  const auto evidence =
      *OpenEvidence(made.evidence, maker_.evidence_key.Public(), Context());
  EXPECT_TRUE(CheckOpenings(evidence, made.openings).ok());

  v1::EvidenceOpenings changed = made.openings;
  (*changed.mutable_card_block())[0] ^= 1;
  EXPECT_TRUE(HasReason(CheckOpenings(evidence, changed),
                        Reason::CARD_BLOCK_COMMITMENT_MISMATCH));
  changed = made.openings;
  changed.set_eid("89049032123451234512345678901243");
  EXPECT_TRUE(HasReason(CheckOpenings(evidence, changed),
                        Reason::DEVICE_COMMITMENT_MISMATCH));
  // Salt and value cannot trade bytes.
  changed = made.openings;
  changed.set_device_salt(made.openings.device_salt() +
                          made.openings.eid().substr(0, 1));
  changed.set_eid(made.openings.eid().substr(1));
  EXPECT_TRUE(HasReason(CheckOpenings(evidence, changed),
                        Reason::DEVICE_COMMITMENT_MISMATCH));
}

}  // namespace
}  // namespace shiming::identity

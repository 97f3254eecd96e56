#include "identity/evidence/face_result.h"

#include <gtest/gtest.h>

#include "common/status/reason.h"
#include "identity/evidence/evidence.h"
#include "identity/testing/evidence_maker.h"

namespace shiming::identity {
namespace {

class FaceResultTest : public testing::Test {
 protected:
  FaceResultTest() {
    engines_.emplace("engine-1", maker_.face_engine_key.Public());
  }

  // "OK" or the reason, after a change of the face result.
  std::string Verdict(std::function<void(v1::FaceResult&)> change) {
    maker_.change_face = std::move(change);
    const auto evidence =
        OpenEvidence(maker_.Make().evidence, maker_.evidence_key.Public(),
                     {.session_id = maker_.session_id,
                      .terminal = maker_.terminal,
                      .now = maker_.now,
                      .max_clock_difference = absl::Minutes(5)});
    EXPECT_TRUE(evidence.ok()) << evidence.status();
    if (!evidence.ok()) return "";
    const absl::Status status =
        CheckFaceResult(*evidence, engines_,
                        {.min_score_millionths = 700'000,
                         .now = maker_.now,
                         .max_age = absl::Minutes(5)});
    return status.ok() ? "OK" : std::string(NameOf(*ReasonOf(status)));
  }

  EvidenceMaker maker_;
  FaceEngineKeys engines_;
};

TEST_F(FaceResultTest, TakesAGoodFace) {
  EXPECT_EQ(Verdict([](auto&) {}), "OK");
  EXPECT_EQ(Verdict([](auto& face) {
              face.set_score_millionths(700'000);
              face.set_threshold_millionths(700'000);
            }),
            "OK");
}

TEST_F(FaceResultTest, RefusesUnknownEngines) {
  EXPECT_EQ(Verdict([](auto& face) { face.set_engine_key_id("engine-2"); }),
            "FACE_ENGINE_UNKNOWN");
}

TEST_F(FaceResultTest, RefusesAKeyThatIsNotTheNamedEngines) {
  maker_.face_engine_key = *crypto::SigningKey::GenerateP256();
  EXPECT_EQ(Verdict([](auto&) {}), "FACE_RESULT_SIGNATURE_INVALID");
  // Another listed engine's key under this one's name.
  engines_.emplace("engine-2", maker_.face_engine_key.Public());
  EXPECT_EQ(Verdict([](auto&) {}), "FACE_RESULT_SIGNATURE_INVALID");
}

TEST_F(FaceResultTest, RefusesResultsOfAnotherRead) {
  EXPECT_EQ(Verdict([](auto& face) { face.set_session_id("other"); }),
            "FACE_RESULT_OTHER_READ");
  EXPECT_EQ(Verdict([](auto& face) { face.set_nonce(std::string(32, 'n')); }),
            "FACE_RESULT_OTHER_READ");
  EXPECT_EQ(Verdict([](auto& face) {
              face.set_card_block_commitment(std::string(32, 'c'));
            }),
            "FACE_RESULT_OTHER_READ");
}

TEST_F(FaceResultTest, RefusesOldResults) {
  for (const int off : {-301, 301}) {
    EXPECT_EQ(Verdict([off](auto& face) {
                face.mutable_time()->set_seconds(face.time().seconds() + off);
              }),
              "FACE_RESULT_TIME_OFF");
  }
}

TEST_F(FaceResultTest, RefusesPicturesAndOtherFaces) {
  EXPECT_EQ(Verdict([](auto& face) { face.set_live(false); }), "FACE_NOT_LIVE");
  // Below the engine's own threshold.
  EXPECT_EQ(Verdict([](auto& face) { face.set_score_millionths(799'999); }),
            "FACE_SCORE_LOW");
  // An engine set too low does not lower our minimum.
  EXPECT_EQ(Verdict([](auto& face) {
              face.set_score_millionths(699'999);
              face.set_threshold_millionths(0);
            }),
            "FACE_SCORE_LOW");
}

TEST(HasFaceResultForm, RefusesOtherForms) {
  EXPECT_FALSE(HasFaceResultForm(""));
  EXPECT_FALSE(HasFaceResultForm(std::string("shiming/face-result/v1\0", 23)));
}

}  // namespace
}  // namespace shiming::identity

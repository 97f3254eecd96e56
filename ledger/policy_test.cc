#include "ledger/policy.h"

#include <string>
#include <utility>
#include <vector>

#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "gtest/gtest.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"

namespace shiming::ledger {
namespace {

NoteSigner MakeSigner(bool witness, const std::string& name, char seed) {
  auto key = crypto::SigningKey::FromEd25519Seed(std::string(32, seed));
  auto signer = witness ? NoteSigner::ForWitness(name, *std::move(key))
                        : NoteSigner::ForLog(name, *std::move(key));
  return *std::move(signer);
}

class PolicyTest : public testing::Test {
 protected:
  std::string NoteBy(const std::vector<const NoteSigner*>& signers) {
    const std::string text = FormatCheckpoint(
        {.origin = "log.example", .size = 1, .root = std::string(32, 'r')});
    std::string lines;
    for (const NoteSigner* signer : signers) {
      lines += *signer->SignLine(text, absl::FromUnixSeconds(1700000000));
    }
    return JoinNote(text, lines);
  }

  absl::Status Open(const std::string& policy,
                    const std::vector<const NoteSigner*>& signers) {
    auto parsed = TrustPolicy::Parse(policy);
    if (!parsed.ok()) return parsed.status();
    return parsed->OpenCheckpoint(NoteBy(signers)).status();
  }

  NoteSigner log_ = MakeSigner(false, "log.example", 'l');
  NoteSigner a_ = MakeSigner(true, "a.example", 'a');
  NoteSigner b_ = MakeSigner(true, "b.example", 'b');
  NoteSigner c_ = MakeSigner(true, "c.example", 'c');
  std::string names_ = "# who we trust\nlog " + log_.vkey() +
                       " https://log.example\n\nwitness a " + a_.vkey() +
                       "\nwitness b " + b_.vkey() + "\nwitness c " + c_.vkey() +
                       "\n";
};

TEST_F(PolicyTest, QuorumNoneNeedsTheLogOnly) {
  EXPECT_TRUE(Open(names_ + "quorum none\n", {&log_}).ok());
  EXPECT_TRUE(HasReason(Open(names_ + "quorum none\n", {&a_}),
                        Reason::LEDGER_SIGNATURE_INVALID));
}

TEST_F(PolicyTest, ThresholdCountsWitnesses) {
  const std::string policy = names_ + "group two 2 a b c\nquorum two\n";
  EXPECT_TRUE(Open(policy, {&log_, &a_, &c_}).ok());
  EXPECT_TRUE(
      HasReason(Open(policy, {&log_, &a_}), Reason::LEDGER_QUORUM_NOT_MET));
  // The same witness twice counts once.
  EXPECT_TRUE(HasReason(Open(policy, {&log_, &a_, &a_}),
                        Reason::LEDGER_QUORUM_NOT_MET));
}

TEST_F(PolicyTest, GroupsNest) {
  const std::string policy =
      names_ + "group ab any a b\ngroup all all ab c\nquorum all\n";
  EXPECT_TRUE(Open(policy, {&log_, &b_, &c_}).ok());
  EXPECT_FALSE(Open(policy, {&log_, &a_, &b_}).ok());
}

TEST_F(PolicyTest, OriginMustBeTheLogsName) {
  const NoteSigner other = MakeSigner(false, "other.example", 'o');
  EXPECT_FALSE(Open("log " + other.vkey() + "\nquorum none\n", {&other}).ok());
}

TEST_F(PolicyTest, TellsWitnessesAndTheirUrls) {
  const auto policy = TrustPolicy::Parse(
      "log " + log_.vkey() + "\nwitness a " + a_.vkey() +
      " https://a.example/w\n" + "witness b " + b_.vkey() + "\nquorum a\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(policy->witnesses().size(), 2u);
  EXPECT_EQ(policy->witnesses()[0].name, "a");
  EXPECT_EQ(policy->witnesses()[0].url, "https://a.example/w");
  EXPECT_EQ(policy->witnesses()[1].key.vkey(), b_.vkey());
  EXPECT_EQ(policy->witnesses()[1].url, "");
  EXPECT_TRUE(policy->has_quorum());
  EXPECT_FALSE(TrustPolicy::Parse(names_ + "quorum none\n")->has_quorum());
}

// One key under two names must not count twice, and a log that holds its own
// witness's key has no witness.
TEST_F(PolicyTest, OneKeyIsOneWitness) {
  const NoteSigner twin = MakeSigner(true, "twin.example", 'a');
  const NoteSigner self = MakeSigner(true, "self.example", 'l');
  for (const std::string& policy :
       {names_ + "witness t " + twin.vkey() + "\nquorum none\n",
        names_ + "witness s " + self.vkey() + "\nquorum none\n",
        "witness s " + self.vkey() + "\nlog " + log_.vkey() +
            "\nquorum none\n"}) {
    EXPECT_TRUE(HasReason(TrustPolicy::Parse(policy).status(),
                          Reason::LEDGER_FORMAT_INVALID))
        << policy;
  }
}

TEST_F(PolicyTest, MalformedFilesAreRefused) {
  for (const std::string& policy :
       {names_, names_ + "quorum none\nquorum none\n", names_ + "quorum x\n",
        names_ + "quorum none", names_ + "group g 3 a b\nquorum g\n",
        names_ + "group g 0 a b\nquorum g\n",
        names_ + "group g any a\ngroup h any a\nquorum h\n",
        names_ + "group a any b\nquorum a\n", names_ + "hello\nquorum none\n",
        names_ + "witness d " + a_.vkey() + "\nquorum none\n",
        "witness a " + log_.vkey() + "\nquorum none\n",
        std::string("quorum none\n")}) {
    EXPECT_TRUE(HasReason(TrustPolicy::Parse(policy).status(),
                          Reason::LEDGER_FORMAT_INVALID))
        << policy;
  }
}

}  // namespace
}  // namespace shiming::ledger

// Goal: a policy becomes a plan; what is unsafe or of no use is refused with
// the field's name.
#include "services/issuance_ledger/witness_plan.h"

#include <boost/asio/thread_pool.hpp>
#include <string>

#include "common/testing/status_matchers.h"
#include "common/testing/temp_dir.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/testing/test_log.h"
#include "ledger/testing/test_witness.h"

namespace shiming::issuance_ledger {
namespace {

using shiming::testing::IsOk;
using ::testing::HasSubstr;

class WitnessPlanTest : public ::testing::Test {
 protected:
  // A plan from a policy with these lines behind our log's.
  absl::StatusOr<CosigningPlan> Make(const std::string& lines,
                                     WitnessSettings settings = {}) {
    settings.policy_file =
        dir_.Write("policy", "log " + log_.vkey() + "\n" + lines);
    return MakeCosigningPlan(settings, log_.vkey(), pool_.get_executor());
  }
  std::string Witness(const std::string& url) const {
    return "witness a " + a_.vkey() + " " + url + "\n";
  }
  static std::string MessageOf(const absl::StatusOr<CosigningPlan>& plan) {
    EXPECT_FALSE(plan.ok());
    return std::string(plan.status().message());
  }

  shiming::testing::TempDir dir_;
  boost::asio::thread_pool pool_{1};
  const ledger::TestLog log_{"x"};
  const ledger::TestWitness a_{"a.example", 'a', log_.vkey()};
  const ledger::TestWitness b_{"b.example", 'b', log_.vkey()};
};

TEST_F(WitnessPlanTest, WitnessesWithAUrlAreAsked) {
  const auto plan = Make(Witness("http://127.0.0.1:1/w") + "witness b " +
                             b_.vkey() + "\ngroup g all a b\nquorum g\n",
                         {.insecure_plain_http = true, .strict = true});
  ASSERT_THAT(plan, IsOk());
  ASSERT_EQ(plan->witnesses.size(), 1u);
  EXPECT_EQ(plan->witnesses[0].name, "a");
  EXPECT_EQ(plan->witnesses[0].key.vkey(), a_.vkey());
  EXPECT_TRUE(plan->strict);
}

TEST_F(WitnessPlanTest, PlainHttpIsForLoopbackAndByName) {
  EXPECT_THAT(MessageOf(Make(Witness("http://127.0.0.1:1") + "quorum a\n")),
              HasSubstr("insecure_plain_http"));
  EXPECT_THAT(MessageOf(Make(Witness("http://192.0.2.1:1") + "quorum a\n",
                             {.insecure_plain_http = true})),
              HasSubstr("insecure_plain_http"));
}

TEST_F(WitnessPlanTest, HttpsNeedsACa) {
  EXPECT_THAT(MessageOf(Make(Witness("https://w.example") + "quorum a\n")),
              HasSubstr("witnesses.ca_file"));
  EXPECT_THAT(MessageOf(Make(Witness("https://w.example") + "quorum a\n",
                             {.ca_file = dir_.File("none.pem")})),
              HasSubstr("witnesses.ca_file"));
}

TEST_F(WitnessPlanTest, PolicyMustBeOfUse) {
  const WitnessSettings plain{.insecure_plain_http = true};
  EXPECT_THAT(MessageOf(Make("junk\n")), HasSubstr("witnesses.policy_file"));
  EXPECT_THAT(MessageOf(Make("quorum none\n")), HasSubstr("no witness"));
  EXPECT_THAT(MessageOf(Make("witness a " + a_.vkey() + "\nquorum a\n")),
              HasSubstr("no witness"));
  EXPECT_THAT(MessageOf(Make(Witness("ftp://x") + "quorum a\n", plain)),
              HasSubstr("witnesses.policy_file"));
  EXPECT_THAT(MessageOf(Make(Witness("http://localhost:1") + "quorum none\n",
                             {.insecure_plain_http = true, .strict = true})),
              HasSubstr("witnesses.strict"));
  // A policy of another log, also one with our name.
  const ledger::TestLog other("x", log_.origin(), 'o');
  WitnessSettings settings = plain;
  settings.policy_file =
      dir_.Write("other", "log " + other.vkey() + "\n" +
                              Witness("http://localhost:1") + "quorum a\n");
  EXPECT_THAT(
      MessageOf(MakeCosigningPlan(settings, log_.vkey(), pool_.get_executor())),
      HasSubstr("does not name this log"));
}

}  // namespace
}  // namespace shiming::issuance_ledger

// A service's database is put back to an older copy and repaired from the
// record. Goal: it serves again, only when two admins have signed, and nothing
// is given twice (P2, P3, P5, P7; ADR 13). Method: copies are taken, customers
// go on at two counters, one service at a time gets its old copy; then
// `shimingctl` as an operator types it.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/command.h"
#include "tests/e2e/prove.h"
#include "tests/e2e/shop_floor.h"
#include "tests/fault/database_copies.h"
#include "tests/fault/issue_one.h"

namespace shiming::fault {
namespace {

using e2e::Cluster;
using e2e::CommandResult;
using e2e::Mode;
using e2e::ShopFloor;
using Words = std::vector<std::string>;

constexpr char kShimingctl[] = "tools/shimingctl/shimingctl";
constexpr absl::Duration kStopLimit = absl::Seconds(30);
constexpr absl::Duration kRefuseLimit = absl::Seconds(30);
constexpr absl::Duration kPublishLimit = absl::Seconds(30);
// One at each counter but the second's, which is not revealed: before the copy,
// after it, and after the repair.
constexpr uint64_t kCodes = 3;

class ServiceRepairTest : public testing::Test {
 protected:
  void Prepare() {
    auto cluster = Cluster::Start({.mode = Mode::kSeparate});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    ASSERT_NO_FATAL_FAILURE(OpenFloor(cluster_->counter(), first_));
    auto counter = cluster_->NewCounter();
    ASSERT_TRUE(counter.ok()) << counter.status();
    ASSERT_NO_FATAL_FAILURE(OpenFloor(*counter, second_));
    absl::Status issued = IssueOne(*first_);
    ASSERT_TRUE(issued.ok()) << issued;
    ASSERT_NO_FATAL_FAILURE(StopAll());
    old_ = std::make_unique<DatabaseCopies>(cluster_->layout(), "old");
    const absl::Status started = cluster_->StartAll();
    ASSERT_TRUE(started.ok()) << started;
    // The second counter's customer waits; then the receipt of the first one's
    // is under a checkpoint that covers all before it.
    const auto waiting = second_->ReadyOrder(ShopFloor::NewCustomer());
    ASSERT_TRUE(waiting.ok()) << waiting.status();
    waiting_order_ = *waiting;
    issued = IssueOne(*first_);
    ASSERT_TRUE(issued.ok()) << issued;
    ASSERT_NO_FATAL_FAILURE(StopAll());
  }

  void OpenFloor(const e2e::Counter& counter,
                 std::unique_ptr<ShopFloor>& floor) {
    auto opened =
        ShopFloor::Open(*cluster_, counter, {.patience = absl::Seconds(30)});
    ASSERT_TRUE(opened.ok()) << opened.status();
    floor = *std::move(opened);
    const absl::Status signed_in = floor->SignIn();
    ASSERT_TRUE(signed_in.ok()) << signed_in;
  }

  void StopAll() {
    for (const std::string& name : cluster_->ServiceNames()) {
      auto exit_code = cluster_->process(name).Terminate(kStopLimit);
      ASSERT_TRUE(exit_code.ok()) << name << ": " << exit_code.status();
      EXPECT_EQ(*exit_code, 0) << name << cluster_->OutputOf(name);
    }
  }

  void ExpectRefusal(const std::string& process) {
    const size_t said_before = cluster_->OutputOf(process).size();
    for (const std::string& name : cluster_->ServiceNames()) {
      ASSERT_TRUE(cluster_->StartProcess(name).ok());
    }
    auto exit_code = cluster_->process(process).Wait(kRefuseLimit);
    const std::string said = cluster_->OutputOf(process).substr(said_before);
    ASSERT_TRUE(exit_code.ok()) << exit_code.status() << said;
    EXPECT_NE(said.find("DATABASE_BEHIND_LEDGER"), std::string::npos) << said;
    for (const std::string& name : cluster_->ServiceNames()) {
      cluster_->process(name).Kill();
    }
  }

  CommandResult Storage(Words words) const {
    Words command = {kShimingctl, "storage"};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"--data", cluster_->layout().data});
    return e2e::RunCommand(command);
  }

  // The ledger runs, so it publishes what it still has: then there is a plan.
  void MakePlan(const std::string& service) {
    ASSERT_TRUE(cluster_->StartProcess("issuance_ledger").ok());
    const absl::Time limit = absl::Now() + kPublishLimit;
    CommandResult planned;
    do {
      planned = Storage({"repair", service, "--plan", Plan()});
    } while (planned.exit_code != 0 && absl::Now() < limit);
    ASSERT_EQ(planned.exit_code, 0) << planned;
    EXPECT_NE(planned.out.find("digest "), std::string::npos) << planned;
  }

  std::string Plan() const { return cluster_->layout().data + "/plan"; }
  // What this admin signed for the plan.
  std::string ApprovalOf(const std::string& admin) const {
    return absl::StrCat(Plan(), ".", admin, ".approval");
  }
  CommandResult Approve(const std::string& admin) const {
    return Storage({"approve", Plan(), "--as", admin});
  }
  CommandResult Apply(const std::string& service,
                      const std::string& approvals) const {
    return Storage(
        {"repair", service, "--apply", Plan(), "--approvals", approvals});
  }

  void ExpectNotApproved(const std::string& service,
                         const std::string& approvals) const {
    const CommandResult result = Apply(service, approvals);
    EXPECT_NE(result.exit_code, 0) << result;
    EXPECT_NE(result.err.find("REPAIR_NOT_APPROVED"), std::string::npos)
        << result;
  }

  // Plan, signatures, repair; and that less is not enough.
  void Repair(const std::string& service) {
    ASSERT_NO_FATAL_FAILURE(MakePlan(service));
    ASSERT_EQ(Approve("admin-1").exit_code, 0);
    const std::string one = ApprovalOf("admin-1");
    const std::string two = ApprovalOf("admin-2");
    ExpectNotApproved(service, one);
    ExpectNotApproved(service, one + "," + one);
    ASSERT_EQ(Approve("admin-2").exit_code, 0);
    // Nothing was changed so far: the same is still planned.
    const std::string again_file = Plan() + "-again";
    const CommandResult again =
        Storage({"repair", service, "--plan", again_file});
    ASSERT_EQ(again.exit_code, 0) << again;
    const CommandResult applied = Apply(service, one + "," + two);
    ASSERT_EQ(applied.exit_code, 0) << applied;
    EXPECT_NE(applied.out.find("is repaired"), std::string::npos) << applied;
    // Interrupted after it was done: the same command says so.
    const CommandResult repeated = Apply(service, one + "," + two);
    EXPECT_EQ(repeated.exit_code, 0) << repeated;
    EXPECT_NE(repeated.out.find("already"), std::string::npos) << repeated;
    // And there is nothing left to plan.
    const CommandResult rest = Storage({"repair", service, "--plan", Plan()});
    EXPECT_EQ(rest.exit_code, 0) << rest;
    EXPECT_NE(rest.out.find("nothing to repair"), std::string::npos) << rest;
  }

  // A code of the last minute is used up: two steps later there is another.
  void StartLater() {
    const absl::Status moved = cluster_->SetClockOffset(absl::Minutes(2));
    ASSERT_TRUE(moved.ok()) << moved;
    const absl::Status started = cluster_->StartAll();
    ASSERT_TRUE(started.ok()) << started;
  }

  void ExpectClean(uint64_t codes) {
    const auto proof = e2e::ProveWhenRevealed(*cluster_, codes);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_EQ(proof->exit_code, 0) << proof->report;
    EXPECT_EQ(proof->codes_revealed, codes) << proof->report;
    EXPECT_EQ(proof->codes_proven, codes) << proof->report;
  }

  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<ShopFloor> first_;
  std::unique_ptr<ShopFloor> second_;
  std::unique_ptr<DatabaseCopies> old_;
  std::string waiting_order_;
};

class EachServiceTest : public ServiceRepairTest,
                        public testing::WithParamInterface<std::string> {};

TEST_P(EachServiceTest, OlderCopyServesAgainAndGivesNothingTwice) {
  const std::string service = GetParam();
  ASSERT_NO_FATAL_FAILURE(Prepare());
  old_->PutBack(service);
  ASSERT_NO_FATAL_FAILURE(ExpectRefusal(service));
  ASSERT_NO_FATAL_FAILURE(Repair(service));
  ASSERT_NO_FATAL_FAILURE(StartLater());
  // The waiting customer's order was of a session, or an order, that the copy
  // does not know.
  if (service != "identity_verification") {
    EXPECT_FALSE(second_->Reveal(waiting_order_).ok());
  }
  ASSERT_TRUE(first_->SignIn().ok());
  const absl::Status issued = IssueOne(*first_);
  EXPECT_TRUE(issued.ok()) << issued;
  ExpectClean(kCodes);
}

INSTANTIATE_TEST_SUITE_P(Services, EachServiceTest,
                         testing::Values("terminal_session", "profile_order",
                                         "identity_verification"),
                         [](const auto& info) { return info.param; });

// What was signed is done or nothing: the copy is another one by now.
TEST_F(ServiceRepairTest, SignedPlanIsNotForAnotherCopy) {
  ASSERT_NO_FATAL_FAILURE(Prepare());
  const DatabaseCopies present(cluster_->layout(), "new");
  old_->PutBack("profile_order");
  ASSERT_NO_FATAL_FAILURE(MakePlan("profile_order"));
  ASSERT_EQ(Approve("admin-1").exit_code, 0);
  ASSERT_EQ(Approve("admin-2").exit_code, 0);
  present.PutBack("profile_order");
  const CommandResult applied = Apply(
      "profile_order", ApprovalOf("admin-1") + "," + ApprovalOf("admin-2"));
  EXPECT_NE(applied.exit_code, 0) << applied;
  EXPECT_NE(applied.err.find("REPAIR_PLAN_CHANGED"), std::string::npos)
      << applied;
}

}  // namespace
}  // namespace shiming::fault

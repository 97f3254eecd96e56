// A service's database is put back to an older copy, or is lost. Goal: it
// refuses to serve and says why (P5, DESIGN 6 and 7). Method: copies are taken
// while everything is stopped, one issuance goes by, one old copy at a time is
// put in place.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/shop_floor.h"
#include "tests/fault/database_copies.h"
#include "tests/fault/issue_one.h"

namespace shiming::fault {
namespace {

using e2e::Cluster;
using e2e::Mode;
using e2e::ShopFloor;

constexpr absl::Duration kStopLimit = absl::Seconds(30);
// A service that waits for the ledger first needs some time to find out.
constexpr absl::Duration kRefuseLimit = absl::Seconds(30);

class RestoreTest : public testing::Test {
 protected:
  // Two issuances with a copy after each.
  void Prepare(Mode mode) {
    auto cluster = Cluster::Start({.mode = mode});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    auto floor = ShopFloor::Open(*cluster_, cluster_->counter(),
                                 {.patience = absl::Seconds(30)});
    ASSERT_TRUE(floor.ok()) << floor.status();
    floor_ = *std::move(floor);
    ASSERT_TRUE(floor_->SignIn().ok());
    absl::Status issued = IssueOne(*floor_);
    ASSERT_TRUE(issued.ok()) << issued;
    ASSERT_NO_FATAL_FAILURE(StopAll());
    old_ = std::make_unique<DatabaseCopies>(cluster_->layout(), "old");
    absl::Status started = cluster_->StartAll();
    ASSERT_TRUE(started.ok()) << started;
    issued = IssueOne(*floor_);
    ASSERT_TRUE(issued.ok()) << issued;
    ASSERT_NO_FATAL_FAILURE(StopAll());
    new_ = std::make_unique<DatabaseCopies>(cluster_->layout(), "new");
  }

  // In order, as an operator would before a copy; simulators go on.
  void StopAll() {
    for (const std::string& name : cluster_->ServiceNames()) {
      auto exit_code = cluster_->process(name).Terminate(kStopLimit);
      ASSERT_TRUE(exit_code.ok()) << name << ": " << exit_code.status();
      EXPECT_EQ(*exit_code, 0) << name << cluster_->OutputOf(name);
    }
  }

  // With the old copy of `database`, and without any, `process` refuses.
  void ExpectRefusals(const std::string& process, const std::string& database,
                      const std::string& reason) {
    {
      SCOPED_TRACE(absl::StrCat(process, " with an old ", database));
      old_->PutBack(database);
      ASSERT_NO_FATAL_FAILURE(ExpectRefusal(process, reason));
    }
    SCOPED_TRACE(absl::StrCat(process, " without ", database));
    old_->Remove(database);
    ASSERT_NO_FATAL_FAILURE(ExpectRefusal(process, reason));
    new_->PutBack(database);
  }

  // Starts all: `process` ends with exit code 1, says `reason`, and never was
  // ready.
  void ExpectRefusal(const std::string& process, const std::string& reason) {
    const size_t said_before = cluster_->OutputOf(process).size();
    for (const std::string& name : cluster_->ServiceNames()) {
      ASSERT_TRUE(cluster_->StartProcess(name).ok());
    }
    auto exit_code = cluster_->process(process).Wait(kRefuseLimit);
    const std::string said = cluster_->OutputOf(process).substr(said_before);
    ASSERT_TRUE(exit_code.ok()) << exit_code.status() << said;
    EXPECT_EQ(*exit_code, 1);
    EXPECT_NE(said.find(reason), std::string::npos) << said;
    EXPECT_EQ(said.find("\"msg\":\"serving\""), std::string::npos) << said;
    for (const std::string& name : cluster_->ServiceNames()) {
      cluster_->process(name).Kill();
    }
  }

  // With all copies new again, it serves.
  void ExpectServes() {
    const absl::Status started = cluster_->StartAll();
    ASSERT_TRUE(started.ok()) << started;
    const absl::Status issued = IssueOne(*floor_);
    EXPECT_TRUE(issued.ok()) << issued;
  }

  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<ShopFloor> floor_;
  std::unique_ptr<DatabaseCopies> old_;
  std::unique_ptr<DatabaseCopies> new_;
};

TEST_F(RestoreTest, EachServiceRefusesAnOlderCopyOfItsDatabase) {
  ASSERT_NO_FATAL_FAILURE(Prepare(Mode::kSeparate));
  ASSERT_NO_FATAL_FAILURE(ExpectRefusals("issuance_ledger", "issuance_ledger",
                                         "LEDGER_GUARD_MISMATCH"));
  for (const char* name :
       {"terminal_session", "identity_verification", "profile_order"}) {
    ASSERT_NO_FATAL_FAILURE(
        ExpectRefusals(name, name, "DATABASE_BEHIND_LEDGER"));
  }
  // People's data keys have a database of their own.
  ASSERT_NO_FATAL_FAILURE(ExpectRefusals(
      "identity_verification", "identity_keys", "DATABASE_BEHIND_LEDGER"));
  ExpectServes();
}

TEST_F(RestoreTest, AllInOneRefusesWhenOneDatabaseIsOlder) {
  ASSERT_NO_FATAL_FAILURE(Prepare(Mode::kAllInOne));
  ASSERT_NO_FATAL_FAILURE(
      ExpectRefusals("shimingd", "issuance_ledger", "LEDGER_GUARD_MISMATCH"));
  ASSERT_NO_FATAL_FAILURE(
      ExpectRefusals("shimingd", "profile_order", "DATABASE_BEHIND_LEDGER"));
  ExpectServes();
}

}  // namespace
}  // namespace shiming::fault

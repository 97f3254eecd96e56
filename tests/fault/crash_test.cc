// kill -9 of everything, services and simulators, at random moments during
// concurrent issuances. Goal: P3 to P5 of the design hold over it. Method:
// counters serve customers and keep what they were told; at a moment drawn from
// a fixed seed everything is killed and started again; nobody begins a new step
// until all orders have come to rest; then what was told is compared with the
// log and the rows, and everybody goes on. Then the same with one process after
// the other. On PostgreSQL its server is among what is killed.
//
// SHIMING_LONG=1 runs 200 counters at once in 20 rounds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/files/file.h"
#include "tests/e2e/cluster.h"
#include "tests/fault/issuance_load.h"
#include "tests/fault/log_record.h"
#include "tests/fault/order_rows.h"
#include "tests/fault/visit_checks.h"

namespace shiming::fault {
namespace {

using e2e::Cluster;
using e2e::Mode;
using testing::IsEmpty;

// Moments are the same in every run.
constexpr uint32_t kSeed = 20'251'013;
// From the start of the services on (issue 2, "What must hold").
constexpr absl::Duration kRestLimit = absl::Seconds(60);
// For what does not have to be fast here.
constexpr absl::Duration kLongEnough = absl::Minutes(5);
// An entry is acknowledged before a checkpoint covers it, at most once a
// second.
constexpr absl::Duration kPublishLimit = absl::Seconds(20);
// Of the visits that nobody broke off.
constexpr double kInstalledShare = 0.99;

// How the services run, and on which engine.
struct Form {
  Mode mode;
  bool postgres;
};

// Stands for the server among the processes.
constexpr char kPostgres[] = "postgres";

struct Plan {
  Form form;
  int counters;
  int visits;  // in each round
  int rounds;
};

bool IsLong() {
  const char* value = getenv("SHIMING_LONG");
  return value != nullptr && std::string(value) == "1";
}

Plan PlanOf(Form form) {
  const bool all_in_one = form.mode == Mode::kAllInOne;
  if (IsLong()) return {form, 200, 200, all_in_one ? 20 : 5};
  if (all_in_one) return {form, 8, 24, 3};
  return {form, 8, 16, 1};
}

class CrashTest : public testing::TestWithParam<Form> {
 protected:
  void SetUp() override {
    plan_ = PlanOf(GetParam());
    auto cluster = Cluster::Start({.mode = plan_.form.mode,
                                   .postgres = plan_.form.postgres,
                                   .stock = plan_.visits * plan_.rounds + 200});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    auto load = IssuanceLoad::Open(*cluster_, plan_.counters);
    ASSERT_TRUE(load.ok()) << load.status();
    load_ = *std::move(load);
  }

  // As anybody may fetch it now; kept, to be extended by all later ones.
  void KeepCheckpoint() {
    auto note = ReadFile(cluster_->layout().Log() + "/checkpoint");
    ASSERT_TRUE(note.ok()) << note.status();
    checkpoints_.insert(*std::move(note));
  }

  // Starts issuances, kills all at a random moment, starts all again.
  void CrashDuringIssuances() {
    load_->Start(plan_.visits);
    const int steps = std::uniform_int_distribution<int>(
        1, plan_.visits * IssuanceLoad::kStepsPerVisit)(moments_);
    const int extra_us =
        std::uniform_int_distribution<int>(0, 30'000)(moments_);
    load_->WaitForSteps(steps, kLongEnough);
    // Away from the moments at which an answer has just come.
    absl::SleepFor(absl::Microseconds(extra_us));
    KeepCheckpoint();
    load_->Hold();
    cluster_->KillAll();
    restarted_ = absl::Now();
    const absl::Status started = cluster_->StartAll();
    ASSERT_TRUE(started.ok()) << started;
    std::cout << "killed after " << steps << " answers, ready again after "
              << absl::Now() - restarted_ << std::endl;
  }

  absl::Status KillAndStart(const std::string& name) {
    if (name != kPostgres) {
      cluster_->process(name).Kill();
      return cluster_->StartProcess(name);
    }
    cluster_->postgres()->Kill();
    cluster_->postgres()->Start();
    return absl::OkStatus();
  }

  // Kills each process alone, in an order drawn anew, and starts it at once.
  void CrashOneByOneDuringIssuances() {
    std::vector<std::string> names = cluster_->ServiceNames();
    names.insert(names.end(), {"smdp_plus", "identity_authority"});
    if (plan_.form.postgres) names.push_back(kPostgres);
    std::shuffle(names.begin(), names.end(), moments_);
    const int apart = plan_.visits * IssuanceLoad::kStepsPerVisit /
                      static_cast<int>(names.size() + 1);
    load_->Start(plan_.visits);
    int steps = 0;
    for (const std::string& name : names) {
      steps += std::uniform_int_distribution<int>(1, 2 * apart)(moments_);
      load_->WaitForSteps(steps, kLongEnough);
      KeepCheckpoint();
      const absl::Status started = KillAndStart(name);
      ASSERT_TRUE(started.ok()) << name << started;
      std::cout << name << " killed after " << steps << " answers" << std::endl;
    }
    restarted_ = absl::Now();
    load_->Hold();
  }

  void ExpectAllOrdersAtRest() {
    ASSERT_TRUE(load_->WaitUntilHeld(kRestLimit)) << "calls do not end";
    while (true) {
      auto orders = ReadOrders(cluster_->layout());
      ASSERT_TRUE(orders.ok()) << orders.status();
      ASSERT_THAT(SharedStock(*orders), IsEmpty());
      const std::vector<std::string> moving = MovingOf(*orders);
      if (moving.empty()) break;
      ASSERT_LT(absl::Now(), restarted_ + kRestLimit)
          << testing::PrintToString(moving);
      absl::SleepFor(absl::Milliseconds(50));
    }
    std::cout << "at rest after " << absl::Now() - restarted_ << std::endl;
  }

  // Everything that was told stands on the record and in the rows.
  void ExpectNothingLost() {
    const absl::Time deadline = absl::Now() + kPublishLimit;
    while (true) {
      auto record = ReadLog(cluster_->layout());
      ASSERT_TRUE(record.ok()) << record.status();
      const std::vector<std::string> missing =
          MissingOf(load_->visits(), *record);
      if (missing.empty()) break;
      ASSERT_LT(absl::Now(), deadline) << testing::PrintToString(missing);
      absl::SleepFor(absl::Milliseconds(100));
    }
    auto orders = ReadOrders(cluster_->layout());
    ASSERT_TRUE(orders.ok()) << orders.status();
    EXPECT_THAT(MissingOf(load_->visits(), *orders), IsEmpty());
  }

  void GoOnUntilOver() {
    KeepCheckpoint();
    load_->GoOn();
    ASSERT_TRUE(load_->WaitUntilOver(kLongEnough));
  }

  // After the last round.
  void ExpectAllIsWell() {
    ASSERT_NO_FATAL_FAILURE(ExpectNothingLost());
    ASSERT_NO_FATAL_FAILURE(ExpectAllOrdersAtRest());
    ExpectNearlyAllInstalled();
    ExpectRecordKeepsTheRules();
  }

  void ExpectRecordKeepsTheRules() {
    auto record = ReadLog(cluster_->layout());
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_THAT(BrokenRules(*record), IsEmpty());
    for (const std::string& note : checkpoints_) {
      const absl::Status extends =
          CheckExtends(cluster_->layout(), *record, note);
      EXPECT_TRUE(extends.ok()) << extends << "\n" << note;
    }
    auto orders = ReadOrders(cluster_->layout());
    ASSERT_TRUE(orders.ok()) << orders.status();
    EXPECT_THAT(DoneTwice(load_->visits(), *orders, *record), IsEmpty());
  }

  void ExpectNearlyAllInstalled() {
    int wanted = 0;
    int installed = 0;
    for (const Visit& visit : load_->visits()) {
      if (!visit.failure.ok()) {
        std::cout << "visit of session " << visit.session_id << ", order "
                  << visit.order.order_id() << ": " << visit.failure
                  << std::endl;
      }
      if (visit.changes_mind) continue;
      ++wanted;
      if (visit.installed) ++installed;
    }
    EXPECT_GE(installed, wanted * kInstalledShare);
  }

  Plan plan_;
  std::mt19937 moments_{kSeed};
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<IssuanceLoad> load_;
  std::set<std::string> checkpoints_;
  absl::Time restarted_;
};

TEST_P(CrashTest, NothingToldIsLostAndNothingHappensTwice) {
  for (int round = 0; round < plan_.rounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    ASSERT_NO_FATAL_FAILURE(CrashDuringIssuances());
    ASSERT_NO_FATAL_FAILURE(ExpectAllOrdersAtRest());
    ASSERT_NO_FATAL_FAILURE(ExpectNothingLost());
    ASSERT_NO_FATAL_FAILURE(GoOnUntilOver());
  }
  ExpectAllIsWell();
}

class OneByOneCrashTest : public CrashTest {};

TEST_P(OneByOneCrashTest, NothingToldIsLostAndNothingHappensTwice) {
  ASSERT_NO_FATAL_FAILURE(CrashOneByOneDuringIssuances());
  ASSERT_NO_FATAL_FAILURE(ExpectAllOrdersAtRest());
  ASSERT_NO_FATAL_FAILURE(ExpectNothingLost());
  ASSERT_NO_FATAL_FAILURE(GoOnUntilOver());
  ExpectAllIsWell();
}

std::string NameOf(const testing::TestParamInfo<Form>& info) {
  return std::string(info.param.mode == Mode::kAllInOne ? "AllInOne"
                                                        : "Separate") +
         (info.param.postgres ? "OnPostgres" : "");
}

constexpr Form kAllInOne{Mode::kAllInOne, /*postgres=*/false};
constexpr Form kSeparate{Mode::kSeparate, /*postgres=*/false};
constexpr Form kSeparateOnPostgres{Mode::kSeparate, /*postgres=*/true};

INSTANTIATE_TEST_SUITE_P(Forms, CrashTest,
                         testing::Values(kAllInOne, kSeparate,
                                         kSeparateOnPostgres),
                         &NameOf);
INSTANTIATE_TEST_SUITE_P(Forms, OneByOneCrashTest,
                         testing::Values(kSeparate, kSeparateOnPostgres),
                         &NameOf);

}  // namespace
}  // namespace shiming::fault

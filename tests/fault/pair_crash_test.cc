// kill -9 of either of two instances of each service during concurrent
// issuances. Goal: the other one goes on, nothing that was told is lost,
// nothing happens twice, and a client that repeats its calls sees no failure.
// Method: in an order drawn from a fixed seed each instance is killed at a
// drawn moment, stays away until the counters have had further answers, and
// comes back; then what was told is compared with log and rows, and the log is
// proven.
//
// SHIMING_LONG=1 runs 100 counters at once, each instance five times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/prove.h"
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
constexpr uint32_t kSeed = 20'251'018;
// For what does not have to be fast here.
constexpr absl::Duration kLongEnough = absl::Minutes(5);
// From the last restart on (issue 2, "What must hold").
constexpr absl::Duration kRestLimit = absl::Seconds(60);
// An entry is acknowledged before a checkpoint covers it, at most once a
// second.
constexpr absl::Duration kPublishLimit = absl::Seconds(20);

struct Plan {
  int counters;
  int visits;  // in each round
  int rounds;
};

Plan PlanOfThisRun() {
  const char* value = getenv("SHIMING_LONG");
  if (value != nullptr && std::string(value) == "1") return {100, 400, 5};
  return {8, 48, 1};
}

class PairCrashTest : public testing::Test {
 protected:
  void SetUp() override {
    auto cluster = Cluster::Start({.mode = Mode::kSeparate,
                                   .postgres = true,
                                   .instances = 2,
                                   .stock = plan_.visits * plan_.rounds + 200});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
    auto load = IssuanceLoad::Open(*cluster_, plan_.counters);
    ASSERT_TRUE(load.ok()) << load.status();
    load_ = *std::move(load);
  }

  // Both of each service, in an order drawn anew.
  std::vector<std::string> Instances() {
    std::vector<std::string> names = cluster_->ServiceNames();
    std::erase(names, "gateway");
    std::shuffle(names.begin(), names.end(), moments_);
    return names;
  }

  // One after the other, while counters serve.
  void KillEachOnce() {
    const std::vector<std::string> names = Instances();
    // Answers that the others give while one is away: some from each counter.
    const int without = 2 * plan_.counters;
    const int apart = plan_.visits * IssuanceLoad::kStepsPerVisit /
                          static_cast<int>(names.size()) -
                      without;
    ASSERT_GT(apart, 0);
    load_->Start(plan_.visits);
    int steps = 0;
    for (const std::string& name : names) {
      steps += std::uniform_int_distribution<int>(1, apart)(moments_);
      load_->WaitForSteps(steps, kLongEnough);
      const absl::Time killed = absl::Now();
      cluster_->process(name).Kill();
      steps += without;
      load_->WaitForSteps(steps, kLongEnough);
      std::cout << name << " killed, " << without
                << " answers without it after " << absl::Now() - killed
                << std::endl;
      const absl::Status started = cluster_->StartProcess(name);
      ASSERT_TRUE(started.ok()) << name << started;
      // Only then the next one, which may be its twin.
      const absl::Status ready = cluster_->WaitReady();
      ASSERT_TRUE(ready.ok()) << ready;
    }
    restarted_ = absl::Now();
    ASSERT_TRUE(load_->WaitUntilOver(kLongEnough)) << "visits do not end";
  }

  // Every visit came to its end.
  void ExpectNoFailure() {
    for (const Visit& visit : load_->visits()) {
      EXPECT_TRUE(visit.failure.ok())
          << "session " << visit.session_id << ", order "
          << visit.order.order_id() << ": " << visit.failure;
      EXPECT_TRUE(visit.session_closed) << visit.session_id;
    }
  }

  void ExpectAllOrdersAtRest() {
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
  }

  // Everything that was told stands on the record and in the rows, once.
  void ExpectNothingLostAndNothingTwice() {
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
    auto record = ReadLog(cluster_->layout());
    ASSERT_TRUE(record.ok()) << record.status();
    auto orders = ReadOrders(cluster_->layout());
    ASSERT_TRUE(orders.ok()) << orders.status();
    EXPECT_THAT(MissingOf(load_->visits(), *orders), IsEmpty());
    EXPECT_THAT(DoneTwice(load_->visits(), *orders, *record), IsEmpty());
    EXPECT_THAT(BrokenRules(*record), IsEmpty());
  }

  void ExpectProven() {
    const auto codes =
        std::count_if(load_->visits().begin(), load_->visits().end(),
                      [](const Visit& visit) { return !visit.codes.empty(); });
    const auto proven =
        e2e::ProveWhenRevealed(*cluster_, static_cast<uint64_t>(codes));
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_EQ(proven->exit_code, 0) << proven->report;
    EXPECT_EQ(proven->codes_revealed, static_cast<uint64_t>(codes));
    EXPECT_EQ(proven->codes_proven, static_cast<uint64_t>(codes));
  }

  const Plan plan_ = PlanOfThisRun();
  std::mt19937 moments_{kSeed};
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<IssuanceLoad> load_;
  absl::Time restarted_;
};

TEST_F(PairCrashTest, TheOtherInstanceGoesOn) {
  for (int round = 0; round < plan_.rounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    ASSERT_NO_FATAL_FAILURE(KillEachOnce());
    ExpectNoFailure();
    ASSERT_NO_FATAL_FAILURE(ExpectAllOrdersAtRest());
    ASSERT_NO_FATAL_FAILURE(ExpectNothingLostAndNothingTwice());
  }
  ExpectProven();
}

}  // namespace
}  // namespace shiming::fault

// A cluster that the tests of one binary share.
#ifndef SHIMING_TESTS_E2E_E2E_TEST_BASE_H_
#define SHIMING_TESTS_E2E_E2E_TEST_BASE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/status/reason.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/shop_floor.h"

namespace shiming::e2e {

// The reason's name, "OK", or the status as text where it has none.
inline std::string ReasonText(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(status);
  return reason.has_value() ? std::string(NameOf(*reason)) : status.ToString();
}

// shimingd with the demo shop; each test opens counters of its own, so tests
// do not wait for each other's TOTP steps.
class E2eTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto cluster = Cluster::Start({});
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = cluster->release();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  void SetUp() override { ASSERT_NE(cluster_, nullptr); }

  // A fresh counter with its clerk signed in and a session open.
  std::unique_ptr<ShopFloor> OpenFloor(const std::string& shop = "demo") {
    auto counter = cluster_->NewCounter(shop);
    EXPECT_TRUE(counter.ok()) << counter.status();
    if (!counter.ok()) return nullptr;
    last_counter_ = *std::move(counter);
    auto floor = ShopFloor::Open(*cluster_, last_counter_);
    EXPECT_TRUE(floor.ok()) << floor.status();
    if (!floor.ok()) return nullptr;
    const absl::Status started = (*floor)->SignInAndStartSession();
    EXPECT_TRUE(started.ok()) << started;
    return *std::move(floor);
  }

  static Cluster* cluster_;
  Counter last_counter_;
};

inline Cluster* E2eTest::cluster_ = nullptr;

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_E2E_TEST_BASE_H_

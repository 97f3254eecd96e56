// An installation with the shop "demo", started once for all tests of a file.
#ifndef SHIMING_TESTS_E2E_INSTALLATION_TEST_BASE_H_
#define SHIMING_TESTS_E2E_INSTALLATION_TEST_BASE_H_

#include <gtest/gtest.h>

#include "tests/e2e/installation.h"

namespace shiming::e2e {

class InstallationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    place_ = new Installation("place");
    ASSERT_NO_FATAL_FAILURE(place_->Start());
    ASSERT_NO_FATAL_FAILURE(
        place_->Enroll({"shop", "demo", "--name", "演示营业厅", "--region",
                        "11", "--zones", "127.0.0.0/8", "--hours", "always"}));
    ready_ = true;
  }
  static void TearDownTestSuite() {
    delete place_;
    place_ = nullptr;
  }
  void SetUp() override { ASSERT_TRUE(ready_); }

  static inline Installation* place_ = nullptr;
  static inline bool ready_ = false;
};

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_INSTALLATION_TEST_BASE_H_

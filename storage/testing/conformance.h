// One suite that every driver passes: values, transactions, races, durability.
// A driver's test says
//   INSTANTIATE_TEST_SUITE_P(Name, ConformanceTest, Values(Driver{...}),
//                            DriverName);
// and runs with RunConformanceTests as its main.
#ifndef SHIMING_STORAGE_TESTING_CONFORMANCE_H_
#define SHIMING_STORAGE_TESTING_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "storage/sql/database.h"
#include "storage/testing/driver.h"

namespace shiming::sql::testing {

class ConformanceTest : public ::testing::TestWithParam<Driver> {
 protected:
  void SetUp() override;
  void TearDown() override;

  Database& database() { return *database_; }
  DatabaseUnderTest& under_test() { return *under_test_; }

  // Runs DDL in migration words.
  void Define(std::string_view ddl);
  // One statement in a Write; its status.
  absl::Status Execute(std::string_view sql, Params params);
  // One SELECT; fails the test on error.
  Rows Select(std::string_view sql, Params params = {});
  // The first column of the only row.
  int64_t SelectInt(std::string_view sql, Params params = {});

  void Close() { database_.reset(); }
  void Reopen();

 private:
  std::unique_ptr<DatabaseUnderTest> under_test_;
  std::unique_ptr<Database> database_;
};

std::string DriverName(const ::testing::TestParamInfo<Driver>& info);

// main of a conformance test: also plays the process that is killed.
int RunConformanceTests(int argc, char** argv);

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_CONFORMANCE_H_

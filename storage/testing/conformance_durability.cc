// What was acknowledged is there after the process was killed.
#include <set>
#include <string>

#include "storage/testing/conformance.h"
#include "storage/testing/killed_writer.h"

namespace shiming::sql::testing {
namespace {

TEST_P(ConformanceTest, WhatWasWrittenIsThereAfterReopening) {
  Define("CREATE TABLE things (id INT64 NOT NULL, t TEXT, PRIMARY KEY (id))");
  ASSERT_TRUE(Execute("INSERT INTO things (id, t) VALUES ($1, $2)",
                      {Value::Int(1), Value::Text("kept")})
                  .ok());
  Close();
  Reopen();
  Rows rows = Select("SELECT t FROM things WHERE id = 1");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].Text(0), "kept");
}

// Goal: kill -9 at any moment loses nothing acknowledged and tears no
// transaction. Method: another process writes pairs of rows and is killed
// after different counts of acknowledgements.
TEST_P(ConformanceTest, WhatWasAcknowledgedSurvivesTheKillOfTheProcess) {
  Define(kDefineKilledWriterTable);
  for (size_t count : {1, 100, 1500}) {
    ASSERT_TRUE(Execute("DELETE FROM written", {}).ok());
    Close();
    std::vector<int64_t> acknowledged =
        WriteUntilKilled(under_test().url(), count);
    ASSERT_GE(acknowledged.size(), count);
    Reopen();
    std::set<std::pair<int64_t, int64_t>> found;
    for (const Row& row : Select("SELECT id, half FROM written")) {
      found.insert({row.Int(0), row.Int(1)});
    }
    for (int64_t id : acknowledged) {
      EXPECT_TRUE(found.count({id, 0}) == 1 && found.count({id, 1}) == 1) << id;
    }
    for (const auto& [id, half] : found) {
      EXPECT_EQ(found.count({id, 1 - half}), 1u) << "torn: " << id;
    }
  }
}

}  // namespace
}  // namespace shiming::sql::testing

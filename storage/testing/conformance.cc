#include "storage/testing/conformance.h"

#include <cstdio>
#include <string>
#include <utility>

#include "storage/testing/killed_writer.h"

namespace shiming::sql::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ConformanceTest);

void ConformanceTest::SetUp() {
  under_test_ = GetParam().make();
  Reopen();
}

void ConformanceTest::TearDown() {
  database_.reset();
  under_test_.reset();
}

void ConformanceTest::Reopen() {
  database_.reset();
  auto opened = under_test_->Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  database_ = *std::move(opened);
}

void ConformanceTest::Define(std::string_view ddl) {
  absl::Status status = Execute(database_->dialect().Ddl(ddl), {});
  ASSERT_TRUE(status.ok()) << status;
}

absl::Status ConformanceTest::Execute(std::string_view sql, Params params) {
  return database_->WriteBlocking(
      [&](Transaction& tx) { return tx.Execute(sql, params).status(); });
}

Rows ConformanceTest::Select(std::string_view sql, Params params) {
  Rows rows;
  absl::Status status =
      database_->ReadBlocking([&](Snapshot& snapshot) -> absl::Status {
        absl::StatusOr<Rows> found = snapshot.Query(sql, params);
        if (!found.ok()) return found.status();
        rows = *std::move(found);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return rows;
}

int64_t ConformanceTest::SelectInt(std::string_view sql, Params params) {
  Rows rows = Select(sql, std::move(params));
  EXPECT_EQ(rows.size(), 1u);
  return rows.size() == 1 ? rows[0].Int(0) : -1;
}

std::string DriverName(const ::testing::TestParamInfo<Driver>& info) {
  return info.param.name;
}

int RunConformanceTests(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == kKilledWriterFlag) {
    return RunKilledWriter(argv[2]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace shiming::sql::testing

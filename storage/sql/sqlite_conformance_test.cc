#include <gtest/gtest.h>

#include "storage/sql/sqlite_database.h"
#include "storage/testing/conformance.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql::testing {
namespace {

class SqliteUnderTest final : public DatabaseUnderTest {
 public:
  absl::StatusOr<std::unique_ptr<Database>> Open() override {
    return OpenSqlite({.path = path(), .create = true});
  }
  std::string url() const override { return "sqlite:" + path(); }

 private:
  std::string path() const { return (folder_.path() / "test.db").string(); }

  TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(
    Sqlite, ConformanceTest,
    ::testing::Values(Driver{
        .name = "Sqlite",
        .make = [] { return std::make_unique<SqliteUnderTest>(); }}),
    DriverName);

}  // namespace
}  // namespace shiming::sql::testing

int main(int argc, char** argv) {
  return shiming::sql::testing::RunConformanceTests(argc, argv);
}

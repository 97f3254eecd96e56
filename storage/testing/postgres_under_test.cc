#include "storage/testing/postgres_under_test.h"

#include <unistd.h>

#include <atomic>

#include "common/status/check.h"
#include "storage/sql/open_database.h"

namespace shiming::sql::testing {
namespace {

std::string NewSchema() {
  static std::atomic<int> last{0};
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(++last);
}

}  // namespace

PostgresUnderTest::PostgresUnderTest(const PostgresServer& server,
                                     const std::string& parameters)
    : server_(server),
      schema_(NewSchema()),
      parameters_(parameters.empty() ? "" : "&" + parameters) {}

PostgresUnderTest::~PostgresUnderTest() {
  auto database =
      OpenDatabase(server_.Url("writers=1&readers=1"), {.create = true});
  if (!database.ok()) return;  // the test has killed the server
  const absl::Status dropped =
      (*database)->WriteBlocking([this](Transaction& tx) {
        return tx.Execute("DROP SCHEMA IF EXISTS " + schema_ + " CASCADE", {})
            .status();
      });
  SHIMING_CHECK(dropped.ok(), "the test's schema stays");
}

absl::StatusOr<std::unique_ptr<Database>> PostgresUnderTest::Open() {
  return OpenDatabase(url(), {.create = true});
}

std::string PostgresUnderTest::url() const {
  return server_.Url("schema=" + schema_ + parameters_);
}

void PostgresUnderTest::DropConstraint(const std::string& table,
                                       const std::string& constraint) const {
  server_.Ask("ALTER TABLE " + schema_ + "." + table + " DROP CONSTRAINT " +
              constraint);
}

}  // namespace shiming::sql::testing

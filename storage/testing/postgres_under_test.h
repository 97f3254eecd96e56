// PostgreSQL for the conformance suite and for tests of the driver.
#ifndef SHIMING_STORAGE_TESTING_POSTGRES_UNDER_TEST_H_
#define SHIMING_STORAGE_TESTING_POSTGRES_UNDER_TEST_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/sql/database.h"
#include "storage/testing/driver.h"
#include "storage/testing/postgres_server.h"

namespace shiming::sql::testing {

// A schema of its own on a server that others share; dropped at destruction.
class PostgresUnderTest final : public DatabaseUnderTest {
 public:
  // `parameters` are further ones of the URL, such as "isolation=ser"; may be
  // empty. `server` must outlive this.
  PostgresUnderTest(const PostgresServer& server,
                    const std::string& parameters);
  ~PostgresUnderTest() override;

  absl::StatusOr<std::unique_ptr<Database>> Open() override;
  // For Open again, by the schema that it made.
  std::string url() const override;
  const std::string& schema() const { return schema_; }

  // Takes a key or a check from a table of the schema, such as
  // "person_usage_pkey", as if its migration had forgotten it. Ends the process
  // when there is none of that name.
  void DropConstraint(const std::string& table,
                      const std::string& constraint) const;

 private:
  const PostgresServer& server_;
  const std::string schema_;
  const std::string parameters_;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_POSTGRES_UNDER_TEST_H_

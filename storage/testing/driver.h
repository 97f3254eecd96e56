// What the conformance suite needs from a driver.
#ifndef SHIMING_STORAGE_TESTING_DRIVER_H_
#define SHIMING_STORAGE_TESTING_DRIVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/sql/database.h"

namespace shiming::sql::testing {

// A fresh, empty database, taken away at destruction.
class DatabaseUnderTest {
 public:
  virtual ~DatabaseUnderTest() = default;

  // Opens it; again after the last one was closed.
  virtual absl::StatusOr<std::unique_ptr<Database>> Open() = 0;

  // For OpenDatabase, also from another process.
  virtual std::string url() const = 0;
};

struct Driver {
  std::string name;  // letters only: part of test names
  std::function<std::unique_ptr<DatabaseUnderTest>()> make;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_DRIVER_H_

#include <gtest/gtest.h>

#include "storage/testing/conformance.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/postgres_under_test.h"

namespace shiming::sql::testing {
namespace {

Driver With(const std::string& name, const std::string& parameters) {
  return {.name = name, .make = [parameters] {
            return std::make_unique<PostgresUnderTest>(PostgresServer::Shared(),
                                                       parameters);
          }};
}

// Invariants must not rest on the isolation, nor the driver on what a pooler
// or another engine may lack.
INSTANTIATE_TEST_SUITE_P(
    Postgres, ConformanceTest,
    ::testing::Values(With("RepeatableRead", ""),
                      With("ReadCommitted", "isolation=rc"),
                      With("Serializable", "isolation=ser"),
                      With("Unprepared", "prepared=off&pipeline=off")),
    DriverName);

}  // namespace
}  // namespace shiming::sql::testing

int main(int argc, char** argv) {
  return shiming::sql::testing::RunConformanceTests(argc, argv);
}

#include "storage/sql/postgres_error.h"

#include <gtest/gtest.h>

namespace shiming::sql {
namespace {

SqlError Plain(std::string_view sqlstate, std::string_view primary = "") {
  return PostgresErrorKind(sqlstate, primary, PostgresStatementKind::kPlain);
}

SqlError Ddl(std::string_view sqlstate, std::string_view primary = "") {
  return PostgresErrorKind(sqlstate, primary, PostgresStatementKind::kDdl);
}

TEST(PostgresErrorTest, LostRacesRunAgain) {
  EXPECT_EQ(Plain("40001"), SqlError::kRetry);
  EXPECT_EQ(Plain("40P01"), SqlError::kRetry);
}

TEST(PostgresErrorTest, KeysAndOtherConstraintsAreToldApart) {
  EXPECT_EQ(Plain("23505"), SqlError::kUnique);
  for (const char* sqlstate : {"23502", "23503", "23514", "22003"}) {
    EXPECT_EQ(Plain(sqlstate), SqlError::kConstraint) << sqlstate;
  }
}

TEST(PostgresErrorTest, AServerThatIsAwayOrBusyIsUnavailable) {
  for (const char* sqlstate : {"08006", "57P01", "57P03", "53300", "53100",
                               "58030", "57014", "55P03", "28P01", "3D000"}) {
    EXPECT_EQ(Plain(sqlstate), SqlError::kUnavailable) << sqlstate;
  }
}

TEST(PostgresErrorTest, WrongStatementsAreOurs) {
  for (const char* sqlstate :
       {"42601", "42P01", "42804", "08P01", "25P02", "25006", "0A000"}) {
    EXPECT_EQ(Plain(sqlstate), SqlError::kStatement) << sqlstate;
  }
}

TEST(PostgresErrorTest, InternalErrorsRunAgainOnlyWhereTheyPass) {
  EXPECT_EQ(Plain("XX000", "could not open file"), SqlError::kStatement);
  EXPECT_EQ(Plain("XX000", "catalog version mismatch"), SqlError::kRetry);
  EXPECT_EQ(Ddl("XX000", "tuple concurrently updated"), SqlError::kRetry);
}

TEST(PostgresErrorTest, TwoThatCreateTheSameThingRunAgain) {
  for (const char* sqlstate : {"23505", "42P07", "42P06", "42710"}) {
    EXPECT_EQ(Ddl(sqlstate), SqlError::kRetry) << sqlstate;
  }
  EXPECT_EQ(Plain("42P07"), SqlError::kStatement);
}

}  // namespace
}  // namespace shiming::sql

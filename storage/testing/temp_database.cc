#include "storage/testing/temp_database.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <utility>

#include "common/status/check.h"
#include "storage/sql/sqlite_database.h"
#include "storage/testing/postgres_server.h"
#include "storage/testing/postgres_under_test.h"

namespace shiming::sql::testing {

TempFolder::TempFolder() {
  std::string pattern =
      (std::filesystem::path(::testing::TempDir()) / "shiming_XXXXXX").string();
  SHIMING_CHECK(mkdtemp(pattern.data()) != nullptr, "no temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TempEngine EngineOfThisRun() {
  const char* engine = std::getenv("SHIMING_TEST_DATABASE");
  if (engine == nullptr || std::string(engine) == "sqlite") {
    return TempEngine::kSqlite;
  }
  SHIMING_CHECK(std::string(engine) == "postgres",
                "SHIMING_TEST_DATABASE is neither sqlite nor postgres");
  return TempEngine::kPostgres;
}

TempDatabase::TempDatabase(TempEngine engine) : engine_(engine) {
  if (engine_ == TempEngine::kPostgres) {
    on_postgres_ = std::make_unique<PostgresUnderTest>(PostgresServer::Shared(),
                                                       "writers=8&readers=2");
  }
  Reopen();
}

std::string TempDatabase::path() const {
  SHIMING_CHECK(engine_ == TempEngine::kSqlite, "PostgreSQL has no file");
  return (folder_.path() / "test.db").string();
}

void TempDatabase::Reopen() {
  database_.reset();
  auto opened = on_postgres_ != nullptr
                    ? on_postgres_->Open()
                    : OpenSqlite({.path = path(), .create = true});
  SHIMING_CHECK(opened.ok(), "cannot open the test's database");
  database_ = *std::move(opened);
}

}  // namespace shiming::sql::testing

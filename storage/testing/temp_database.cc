#include "storage/testing/temp_database.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <utility>

#include "common/status/check.h"
#include "storage/sql/sqlite_database.h"

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

TempDatabase::TempDatabase() { Reopen(); }

void TempDatabase::Reopen() {
  database_.reset();
  auto opened = OpenSqlite({.path = path(), .create = true});
  SHIMING_CHECK(opened.ok(), "cannot open the test's database");
  database_ = *std::move(opened);
}

}  // namespace shiming::sql::testing

// A database of a test's own, for tests of stores and services.
#ifndef SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_
#define SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_

#include <filesystem>
#include <memory>
#include <string>

#include "storage/sql/database.h"
#include "storage/testing/driver.h"

namespace shiming::sql::testing {

// A new folder below the test's temporary folder; removed with all in it.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

enum class TempEngine {
  kSqlite,
  // A schema on a PostgreSQL of this process's own.
  kPostgres,
};

// kPostgres where the environment has SHIMING_TEST_DATABASE=postgres, as the
// second pass of tests/run.sh does, else kSqlite.
TempEngine EngineOfThisRun();

// Opened empty, on the engine of this run unless the test is about one. Ends
// the process when that fails.
class TempDatabase {
 public:
  explicit TempDatabase(TempEngine engine = EngineOfThisRun());

  Database& database() { return *database_; }
  TempEngine engine() const { return engine_; }
  // The file; kSqlite only.
  std::string path() const;

  // Closes and opens again, as a restart of the process does.
  void Reopen();

 private:
  const TempEngine engine_;
  TempFolder folder_;
  std::unique_ptr<DatabaseUnderTest> on_postgres_;
  std::unique_ptr<Database> database_;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_

// A SQLite database in a folder of its own, for tests of stores and services.
#ifndef SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_
#define SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_

#include <filesystem>
#include <memory>
#include <string>

#include "storage/sql/database.h"

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

// Opened empty. Ends the process when that fails.
class TempDatabase {
 public:
  TempDatabase();

  Database& database() { return *database_; }
  std::string path() const { return (folder_.path() / "test.db").string(); }

  // Closes and opens again, as a restart of the process does.
  void Reopen();

 private:
  TempFolder folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_

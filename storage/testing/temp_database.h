// A database of a test's own, for tests of stores and services.
#ifndef SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_
#define SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_

#include <memory>
#include <string>

#include "storage/sql/database.h"
#include "storage/testing/database_place.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql::testing {

// Opened empty, on the engine of this run unless the test is about one. Ends
// the process when that fails.
class TempDatabase {
 public:
  explicit TempDatabase(TempEngine engine = EngineOfThisRun());

  Database& database() { return *database_; }
  TempEngine engine() const { return place_.engine(); }
  // The file; kSqlite only.
  std::string path() const { return place_.path(); }

  // Closes and opens again, as a restart of the process does.
  void Reopen();
  // The same with `name`, kept of what is there, or put in its place; see
  // DatabasePlace.
  void Keep(const std::string& name);
  void PutBack(const std::string& name);

  // What is stored, for searching. On SQLite all bytes of its files, of deleted
  // rows too; on PostgreSQL the values of all rows: its files are the server's,
  // and hold deleted rows until it vacuums.
  std::string StoredBytes() const;

 private:
  void Open();

  DatabasePlace place_;
  std::unique_ptr<Database> database_;
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_TEMP_DATABASE_H_

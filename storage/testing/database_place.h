// Where a database of a test's own is, on either engine, for a test that gives
// the URL to somebody else: to a service by its configuration, say.
#ifndef SHIMING_STORAGE_TESTING_DATABASE_PLACE_H_
#define SHIMING_STORAGE_TESTING_DATABASE_PLACE_H_

#include <memory>
#include <set>
#include <string>

#include "storage/testing/postgres_under_test.h"
#include "storage/testing/temp_folder.h"

namespace shiming::sql::testing {

enum class TempEngine {
  kSqlite,
  // A schema on a PostgreSQL of this process's own.
  kPostgres,
};

// kPostgres where the environment has SHIMING_TEST_DATABASE=postgres, as the
// second pass of tests/run.sh does, else kSqlite. Ends the process for any
// other value.
TempEngine EngineOfThisRun();

// Nothing is there at first: who opens it does so with create. Taken away at
// destruction. All functions end the process when they fail. One thread, the
// test's main one: see PostgresServer.
class DatabasePlace {
 public:
  explicit DatabasePlace(TempEngine engine = EngineOfThisRun());
  ~DatabasePlace();
  DatabasePlace(const DatabasePlace&) = delete;
  DatabasePlace& operator=(const DatabasePlace&) = delete;

  TempEngine engine() const { return engine_; }
  // For OpenDatabase and configuration files.
  std::string url() const;
  // The file; kSqlite only.
  std::string path() const;

  // While nobody has it open.
  // Copies all that is there, under a name of [a-z]; in place of such a copy.
  void Keep(const std::string& name);
  // Puts that copy in place of what is there. The copy stays.
  void PutBack(const std::string& name);
  // Takes all away, as a disk that was lost.
  void Lose();

 private:
  const TempEngine engine_;
  TempFolder folder_;
  std::unique_ptr<PostgresUnderTest> on_postgres_;
  std::set<std::string> copies_;  // schemas; kPostgres only
};

}  // namespace shiming::sql::testing

#endif  // SHIMING_STORAGE_TESTING_DATABASE_PLACE_H_

#include "storage/testing/database_place.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/substitute.h"
#include "common/status/check.h"
#include "storage/testing/postgres_server.h"

namespace shiming::sql::testing {
namespace {

namespace fs = std::filesystem;

// Fewer connections than by default: the databases of a test share a server.
constexpr char kParameters[] = "writers=8&readers=2";

// The file, and what SQLite may keep beside it.
constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};

void RemoveFiles(const std::string& path) {
  for (const char* suffix : kSuffixes) fs::remove(path + suffix);
}

void CopyFiles(const std::string& from, const std::string& to) {
  RemoveFiles(to);
  for (const char* suffix : kSuffixes) {
    if (fs::exists(from + suffix)) fs::copy(from + suffix, to + suffix);
  }
}

void DropSchema(const std::string& schema) {
  PostgresServer::Shared().Ask("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
}

// Tables with their keys, checks, indexes and rows: all that our migrations
// make.
void CopySchema(const std::string& from, const std::string& to) {
  DropSchema(to);
  PostgresServer::Shared().Ask(absl::Substitute(
      R"(DO $$$$ DECLARE t text; BEGIN
           CREATE SCHEMA $1;
           FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = '$0' LOOP
             EXECUTE format('CREATE TABLE $1.%I (LIKE $0.%I INCLUDING ALL)',
                            t, t);
             EXECUTE format('INSERT INTO $1.%I SELECT * FROM $0.%I', t, t);
           END LOOP;
         END $$$$)",
      from, to));
}

}  // namespace

TempEngine EngineOfThisRun() {
  const char* engine = std::getenv("SHIMING_TEST_DATABASE");
  if (engine == nullptr || std::string(engine) == "sqlite") {
    return TempEngine::kSqlite;
  }
  SHIMING_CHECK(std::string(engine) == "postgres",
                "SHIMING_TEST_DATABASE is neither sqlite nor postgres");
  return TempEngine::kPostgres;
}

DatabasePlace::DatabasePlace(TempEngine engine) : engine_(engine) {
  if (engine_ == TempEngine::kPostgres) {
    on_postgres_ = std::make_unique<PostgresUnderTest>(PostgresServer::Shared(),
                                                       kParameters);
  }
}

DatabasePlace::~DatabasePlace() {
  for (const std::string& copy : copies_) DropSchema(copy);
}

std::string DatabasePlace::url() const {
  return on_postgres_ != nullptr ? on_postgres_->url() : "sqlite:" + path();
}

std::string DatabasePlace::path() const {
  SHIMING_CHECK(engine_ == TempEngine::kSqlite, "PostgreSQL has no file");
  return (folder_.path() / "test.db").string();
}

void DatabasePlace::Keep(const std::string& name) {
  if (on_postgres_ == nullptr) {
    CopyFiles(path(), path() + "." + name);
    return;
  }
  const std::string copy = on_postgres_->schema() + "_" + name;
  CopySchema(on_postgres_->schema(), copy);
  copies_.insert(copy);
}

void DatabasePlace::PutBack(const std::string& name) {
  if (on_postgres_ == nullptr) {
    CopyFiles(path() + "." + name, path());
    return;
  }
  CopySchema(on_postgres_->schema() + "_" + name, on_postgres_->schema());
}

void DatabasePlace::Lose() {
  if (on_postgres_ == nullptr) {
    RemoveFiles(path());
    return;
  }
  DropSchema(on_postgres_->schema());
}

}  // namespace shiming::sql::testing

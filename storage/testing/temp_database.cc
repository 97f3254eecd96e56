#include "storage/testing/temp_database.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "common/status/check.h"
#include "common/status/status_macros.h"
#include "storage/sql/open_database.h"

namespace shiming::sql::testing {
namespace {

std::string BytesOfFiles(const std::string& path) {
  std::string bytes;
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream file(path + suffix, std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file),
                 std::istreambuf_iterator<char>());
  }
  return bytes;
}

// The columns that hold more than numbers: table, column, 1 where BYTES.
constexpr char kColumns[] =
    "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), "
    "CASE WHEN data_type = 'bytea' THEN 1 ELSE 0 END "
    "FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND data_type IN ('bytea', 'text')";

absl::Status AppendRows(Snapshot& snapshot, std::string& bytes) {
  ASSIGN_OR_RETURN(const Rows columns, snapshot.Query(kColumns, {}));
  for (const Row& column : columns) {
    ASSIGN_OR_RETURN(
        const Rows rows,
        snapshot.Query("SELECT " + column.Text(1) + " FROM " + column.Text(0),
                       {}));
    for (const Row& row : rows) {
      bytes += column.Int(2) == 1 ? row.BytesOrEmpty(0) : row.TextOrEmpty(0);
      bytes += '\0';
    }
  }
  return absl::OkStatus();
}

}  // namespace

TempDatabase::TempDatabase(TempEngine engine) : place_(engine) { Open(); }

void TempDatabase::Open() {
  auto opened = OpenDatabase(place_.url(), {.create = true});
  SHIMING_CHECK(opened.ok(), "cannot open the test's database");
  database_ = *std::move(opened);
}

void TempDatabase::Reopen() {
  database_.reset();
  Open();
}

void TempDatabase::Keep(const std::string& name) {
  database_.reset();
  place_.Keep(name);
  Open();
}

void TempDatabase::PutBack(const std::string& name) {
  database_.reset();
  place_.PutBack(name);
  Open();
}

std::string TempDatabase::StoredBytes() const {
  if (place_.engine() == TempEngine::kSqlite) {
    return BytesOfFiles(place_.path());
  }
  std::string bytes;
  const auto append = [&](Snapshot& snapshot) {
    bytes.clear();
    return AppendRows(snapshot, bytes);
  };
  SHIMING_CHECK(database_->ReadBlocking(append).ok(), "cannot read all rows");
  return bytes;
}

}  // namespace shiming::sql::testing

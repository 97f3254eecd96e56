#include "tests/bench/ledger/bare_inserts.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/status_macros.h"
#include "services/issuance_ledger/core/entry_query.h"

namespace shiming::bench {
namespace {

// As storage/sql/sqlite_connection.cc: pages in the WAL before it is copied.
constexpr int kWalPages = 4096;
// As services/issuance_ledger/store/entry_search.h.
constexpr int64_t kSpanEntries[] = {64, 16384};

struct Blob {
  const std::string& bytes;
};
using Parameter = std::variant<int64_t, const std::string*, Blob>;

absl::Status Error(sqlite3* db, std::string_view what) {
  return absl::InternalError(
      absl::StrCat(std::string(what), ": ", sqlite3_errmsg(db)));
}

}  // namespace

// Prepared once.
struct BareInserts::Statements {
  ~Statements() {
    for (auto& [sql, handle] : prepared) sqlite3_finalize(handle);
  }

  absl::StatusOr<sqlite3_stmt*> Get(sqlite3* db, const std::string& sql) {
    sqlite3_stmt*& handle = prepared[sql];
    if (handle == nullptr &&
        sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                           &handle, nullptr) != SQLITE_OK) {
      return Error(db, sql);
    }
    return handle;
  }

  absl::Status Run(sqlite3* db, const std::string& sql,
                   const std::vector<Parameter>& parameters) {
    ASSIGN_OR_RETURN(sqlite3_stmt * handle, Get(db, sql));
    int at = 0;
    for (const Parameter& parameter : parameters) {
      ++at;
      if (const auto* number = std::get_if<int64_t>(&parameter)) {
        sqlite3_bind_int64(handle, at, *number);
      } else if (const auto* text =
                     std::get_if<const std::string*>(&parameter)) {
        sqlite3_bind_text64(handle, at, (*text)->data(), (*text)->size(),
                            SQLITE_STATIC, SQLITE_UTF8);
      } else {
        const std::string& bytes = std::get<Blob>(parameter).bytes;
        sqlite3_bind_blob64(handle, at, bytes.data(), bytes.size(),
                            SQLITE_STATIC);
      }
    }
    const int code = sqlite3_step(handle);
    sqlite3_reset(handle);
    return code == SQLITE_DONE ? absl::OkStatus() : Error(db, sql);
  }

  std::map<std::string, sqlite3_stmt*> prepared;
};

BareEntry BareEntryOf(const std::string& bytes) {
  BareEntry entry;
  entry.bytes = bytes;
  entry.event.ParseFromString(bytes);
  entry.sha256 = crypto::Sha256(bytes);
  entry.terms = issuance_ledger::TermsOf(entry.event);
  return entry;
}

BareInserts::BareInserts(sqlite3* db)
    : db_(db), statements_(std::make_unique<Statements>()) {}

BareInserts::~BareInserts() {
  statements_.reset();
  sqlite3_close(db_);
}

absl::StatusOr<std::unique_ptr<BareInserts>> BareInserts::Open(
    const std::string& path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<BareInserts> inserts(new BareInserts(db));
  if (code != SQLITE_OK) return Error(db, path);
  RETURN_IF_ERROR(inserts->Prepare());
  return inserts;
}

absl::Status BareInserts::Prepare() {
  for (const char* pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
        "PRAGMA temp_store = MEMORY"}) {
    if (sqlite3_exec(db_, pragma, nullptr, nullptr, nullptr) != SQLITE_OK) {
      return Error(db_, pragma);
    }
  }
  sqlite3_wal_autocheckpoint(db_, kWalPages);
  ASSIGN_OR_RETURN(
      sqlite3_stmt * size,
      statements_->Get(db_, "SELECT size FROM ledger_heads WHERE log = 1"));
  if (sqlite3_step(size) != SQLITE_ROW) return Error(db_, "no log");
  size_ = sqlite3_column_int64(size, 0);
  sqlite3_reset(size);
  return absl::OkStatus();
}

absl::Status BareInserts::Append(const std::vector<BareEntry>& batch) {
  RETURN_IF_ERROR(statements_->Run(db_, "BEGIN IMMEDIATE", {}));
  int64_t first_us = INT64_MAX;
  int64_t last_us = 0;
  for (const BareEntry& entry : batch) {
    RETURN_IF_ERROR(Insert(entry));
    const int64_t time_us = entry.event.time().seconds() * 1000000;
    first_us = std::min(first_us, time_us);
    last_us = std::max(last_us, time_us);
  }
  for (size_t level = 0; level < std::size(kSpanEntries); ++level) {
    RETURN_IF_ERROR(statements_->Run(
        db_,
        "INSERT INTO ledger_time_spans (log, level, span, min_us, max_us) "
        "VALUES (1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "min_us = min(min_us, excluded.min_us), "
        "max_us = max(max_us, excluded.max_us)",
        {static_cast<int64_t>(level), size_ / kSpanEntries[level], first_us,
         last_us}));
  }
  RETURN_IF_ERROR(statements_->Run(
      db_,
      "UPDATE ledger_heads SET size = ?, indexed = ?, spanned = ? "
      "WHERE log = 1",
      {size_, size_, size_}));
  return statements_->Run(db_, "COMMIT", {});
}

absl::Status BareInserts::Insert(const BareEntry& entry) {
  const ledger::v1::Event& event = entry.event;
  const int64_t index = size_++;
  RETURN_IF_ERROR(statements_->Run(
      db_,
      "INSERT INTO ledger_entries (log, idx, source, aggregate, version, "
      "kind, time_us, sha256, body) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
      {index, &event.id().source(), &event.id().aggregate(),
       event.id().version(), int64_t{event.kind()},
       event.time().seconds() * 1000000, Blob{entry.sha256},
       Blob{entry.bytes}}));
  if (event.id().version() == 1) {
    RETURN_IF_ERROR(statements_->Run(
        db_,
        "INSERT INTO ledger_aggregates (log, source, aggregate, last_version, "
        "frozen) VALUES (1, ?, ?, 1, 0)",
        {&event.id().source(), &event.id().aggregate()}));
  } else {
    RETURN_IF_ERROR(statements_->Run(
        db_,
        "UPDATE ledger_aggregates SET last_version = ? "
        "WHERE log = 1 AND source = ? AND aggregate = ?",
        {event.id().version(), &event.id().source(), &event.id().aggregate()}));
  }
  if (!event.once_key().empty()) {
    RETURN_IF_ERROR(statements_->Run(
        db_,
        "INSERT INTO ledger_once_keys (log, once_key, idx) VALUES (1, ?, ?)",
        {&event.once_key(), index}));
  }
  for (const int64_t term : entry.terms) {
    RETURN_IF_ERROR(statements_->Run(
        db_, "INSERT INTO ledger_terms (log, term, idx) VALUES (1, ?, ?)",
        {term, index}));
  }
  return absl::OkStatus();
}

}  // namespace shiming::bench

#include "services/issuance_ledger/store/sql_ledger_view.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/issuance_ledger/store/entry_search.h"

namespace shiming::issuance_ledger {
namespace {

using sql::Value;

std::vector<StoredEntry> StoredEntries(const sql::Rows& rows) {
  std::vector<StoredEntry> entries;
  entries.reserve(rows.size());
  for (const sql::Row& row : rows) {
    entries.push_back({.index = row.Int(0), .bytes = row.Bytes(1)});
  }
  return entries;
}

}  // namespace

absl::StatusOr<ledger::TreeEdge> LedgerReads::Head() {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      db_.QueryAtMostOne("SELECT size, edge FROM ledger_heads WHERE log = $1",
                         {Value::Int(log_)}));
  if (!row.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "the log has no head");
  }
  ASSIGN_OR_RETURN(std::vector<ledger::Hash> nodes,
                   ledger::TreeEdge::DecodeNodes(row->Bytes(1)));
  return ledger::TreeEdge::Restore(
      ledger::Hasher(), static_cast<uint64_t>(row->Int(0)), std::move(nodes));
}

absl::StatusOr<std::optional<StoredCheckpoint>> LedgerReads::LastCheckpoint() {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      db_.QueryAtMostOne(
          "SELECT size, root, note FROM ledger_checkpoints WHERE log = $1",
          {Value::Int(log_)}));
  std::optional<StoredCheckpoint> checkpoint;
  if (row.has_value()) {
    checkpoint = {
        .size = row->Int(0), .root = row->Bytes(1), .note = row->Text(2)};
  }
  return checkpoint;
}

absl::StatusOr<AggregateState> LedgerReads::Aggregate(
    const std::string& source, const std::string& aggregate) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      db_.QueryAtMostOne(
          "SELECT last_version, frozen FROM ledger_aggregates "
          "WHERE log = $1 AND source = $2 AND aggregate = $3",
          {Value::Int(log_), Value::Text(source), Value::Text(aggregate)}));
  if (!row.has_value()) return AggregateState();
  return AggregateState{.last_version = row->Int(0),
                        .frozen = row->Int(1) != 0};
}

absl::StatusOr<std::optional<EntryRef>> LedgerReads::FindEntry(
    const ledger::v1::EventId& id) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      db_.QueryAtMostOne(
          "SELECT idx, sha256 FROM ledger_entries "
          "WHERE log = $1 AND source = $2 AND aggregate = $3 AND version = $4",
          {Value::Int(log_), Value::Text(id.source()),
           Value::Text(id.aggregate()), Value::Int(id.version())}));
  std::optional<EntryRef> entry;
  if (row.has_value()) {
    entry = {.index = row->Int(0), .id = id, .sha256 = row->Bytes(1)};
  }
  return entry;
}

absl::StatusOr<std::vector<StoredEntry>> LedgerReads::Entries(int64_t begin,
                                                              int64_t end,
                                                              int limit) {
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   db_.Query("SELECT idx, body FROM ledger_entries "
                             "WHERE log = $1 AND idx >= $2 AND idx < $3 "
                             "ORDER BY idx LIMIT $4",
                             {Value::Int(log_), Value::Int(begin),
                              Value::Int(end), Value::Int(limit)}));
  return StoredEntries(rows);
}

absl::StatusOr<EntryScan> LedgerReads::Query(const EntryQuery& query,
                                             const ScanRange& range) {
  return SearchEntries(db_, log_, query, range);
}

absl::StatusOr<std::vector<EntryRef>> LedgerReads::EntriesOf(
    const std::string& source, int64_t after, int limit) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      db_.Query("SELECT idx, aggregate, version, sha256 FROM ledger_entries "
                "WHERE log = $1 AND source = $2 AND idx > $3 "
                "ORDER BY idx LIMIT $4",
                {Value::Int(log_), Value::Text(source), Value::Int(after),
                 Value::Int(limit)}));
  std::vector<EntryRef> entries;
  for (const sql::Row& row : rows) {
    EntryRef& entry = entries.emplace_back();
    entry.index = row.Int(0);
    entry.id.set_source(source);
    entry.id.set_aggregate(row.Text(1));
    entry.id.set_version(row.Int(2));
    entry.sha256 = row.Bytes(3);
  }
  return entries;
}

}  // namespace shiming::issuance_ledger

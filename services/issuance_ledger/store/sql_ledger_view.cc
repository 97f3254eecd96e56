#include "services/issuance_ledger/store/sql_ledger_view.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/issuance_ledger/core/log_events.h"
#include "services/issuance_ledger/store/entry_search.h"
#include "services/issuance_ledger/store/redaction_rows.h"

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

absl::StatusOr<bool> LedgerReads::IsFrozen() {
  ASSIGN_OR_RETURN(
      const std::optional<AggregateState> state,
      AggregateIn(log_, kLedgerSource, LogAggregate(scope_.origin)));
  return state.has_value() && state->last_version >= kLogFrozenVersion;
}

absl::StatusOr<AggregateState> LedgerReads::Aggregate(
    const std::string& source, const std::string& aggregate) {
  ASSIGN_OR_RETURN(std::optional<AggregateState> state,
                   AggregateIn(log_, source, aggregate));
  if (source == kLedgerSource) return state.value_or(AggregateState());
  for (size_t i = scope_.earlier_logs.size(); i-- > 0 && !state.has_value();) {
    ASSIGN_OR_RETURN(state,
                     AggregateIn(scope_.earlier_logs[i], source, aggregate));
  }
  return state.value_or(AggregateState());
}

absl::StatusOr<std::optional<AggregateState>> LedgerReads::AggregateIn(
    int64_t log, const std::string& source, const std::string& aggregate) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      db_.QueryAtMostOne(
          "SELECT last_version, frozen FROM ledger_aggregates "
          "WHERE log = $1 AND source = $2 AND aggregate = $3",
          {Value::Int(log), Value::Text(source), Value::Text(aggregate)}));
  std::optional<AggregateState> state;
  if (row.has_value()) {
    state = {.last_version = row->Int(0), .frozen = row->Int(1) != 0};
  }
  return state;
}

absl::StatusOr<std::optional<EntryRef>> LedgerReads::FindEntry(
    const ledger::v1::EventId& id) {
  return FindEntryIn(log_, id);
}

absl::StatusOr<std::optional<EntryPlace>> LedgerReads::Locate(
    const ledger::v1::EventId& id) {
  std::optional<EntryPlace> place;
  ASSIGN_OR_RETURN(std::optional<EntryRef> entry, FindEntryIn(log_, id));
  int64_t base = scope_.base;
  if (id.source() != kLedgerSource) {
    for (size_t i = scope_.earlier.size(); i-- > 0 && !entry.has_value();) {
      ASSIGN_OR_RETURN(entry, FindEntryIn(scope_.earlier_logs[i], id));
      base = scope_.earlier[i].base;
    }
  }
  if (entry.has_value()) {
    place = {.position = base + entry->index,
             .id = id,
             .sha256 = std::move(entry->sha256)};
  }
  return place;
}

absl::StatusOr<std::optional<EntryRef>> LedgerReads::FindEntryIn(
    int64_t log, const ledger::v1::EventId& id) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      db_.QueryAtMostOne(
          "SELECT idx, sha256 FROM ledger_entries "
          "WHERE log = $1 AND source = $2 AND aggregate = $3 AND version = $4",
          {Value::Int(log), Value::Text(id.source()),
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
  ASSIGN_OR_RETURN(EntryScan scan, SearchEntries(db_, log_, query, range));
  if (!query.eid_pseudonym.empty() || !query.iccid_pseudonym.empty() ||
      !query.msisdn_pseudonym.empty()) {
    ASSIGN_OR_RETURN(scan.redacted_count, CountRedactions(db_, log_));
  }
  return scan;
}

absl::StatusOr<std::vector<StoredEntry>> LedgerReads::RedactedEntries(
    int64_t begin, int64_t end) {
  return issuance_ledger::RedactedEntries(db_, log_, begin, end);
}

absl::StatusOr<std::vector<int64_t>> LedgerReads::UnfinishedRedactions(
    int limit) {
  return issuance_ledger::UnfinishedRedactions(db_, log_, limit);
}

absl::StatusOr<std::vector<EntryPlace>> LedgerReads::EntriesOf(
    const std::string& source, int64_t after, int limit) {
  std::vector<EntryPlace> entries;
  for (size_t i = 0; i < scope_.earlier.size(); ++i) {
    const FrozenLog& log = scope_.earlier[i];
    if (after >= log.base + log.size - 1) continue;
    RETURN_IF_ERROR(AddEntriesOf(source, scope_.earlier_logs[i], log.base,
                                 after, limit, &entries));
  }
  RETURN_IF_ERROR(
      AddEntriesOf(source, log_, scope_.base, after, limit, &entries));
  return entries;
}

absl::Status LedgerReads::AddEntriesOf(const std::string& source, int64_t log,
                                       int64_t base, int64_t after, int limit,
                                       std::vector<EntryPlace>* entries) {
  const int64_t left = limit - static_cast<int64_t>(entries->size());
  if (left <= 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      db_.Query("SELECT idx, aggregate, version, sha256 FROM ledger_entries "
                "WHERE log = $1 AND source = $2 AND idx > $3 "
                "ORDER BY idx LIMIT $4",
                {Value::Int(log), Value::Text(source), Value::Int(after - base),
                 Value::Int(left)}));
  for (const sql::Row& row : rows) {
    EntryPlace& entry = entries->emplace_back();
    entry.position = base + row.Int(0);
    entry.id.set_source(source);
    entry.id.set_aggregate(row.Text(1));
    entry.id.set_version(row.Int(2));
    entry.sha256 = row.Bytes(3);
  }
  return absl::OkStatus();
}

}  // namespace shiming::issuance_ledger

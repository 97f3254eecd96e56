#include "services/issuance_ledger/store/redaction_rows.h"

#include <optional>

#include "common/status/status_macros.h"
#include "ledger/entry.h"
#include "ledger/index/entry_tokens.h"
#include "services/issuance_ledger/core/entry_query.h"

namespace shiming::issuance_ledger {
namespace {

using sql::Value;

// Deletes the entry's terms; whether it had any.
absl::StatusOr<bool> DeleteTerms(sql::Transaction& tx, int64_t log,
                                 int64_t index,
                                 const ledger::v1::Event& event) {
  bool had_any = false;
  for (const ledger::EntryToken& token : ledger::TokensOf(event)) {
    if (!ledger::IsRedactedByErasure(token.field)) continue;
    had_any = true;
    RETURN_IF_ERROR(tx.Execute("DELETE FROM ledger_terms "
                               "WHERE log = $1 AND term = $2 AND idx = $3",
                               {Value::Int(log),
                                Value::Int(TermOf(token.field, token.bytes)),
                                Value::Int(index)})
                        .status());
  }
  return had_any;
}

}  // namespace

absl::Status RedactPersonIn(sql::Transaction& tx, int64_t log,
                            const std::string& person_id) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      tx.Query(
          "SELECT e.idx, e.body FROM ledger_terms t "
          "JOIN ledger_entries e ON e.log = t.log AND e.idx = t.idx "
          "WHERE t.log = $1 AND t.term = $2 ORDER BY t.idx",
          {Value::Int(log),
           Value::Int(TermOf(ledger::v1::INDEX_FIELD_PERSON, person_id))}));
  for (const sql::Row& row : rows) {
    const int64_t index = row.Int(0);
    ASSIGN_OR_RETURN(const ledger::v1::Event event,
                     ledger::ParseEntry(row.Bytes(1)));
    // Another person may have the same term.
    if (event.person_id() != person_id) continue;
    ASSIGN_OR_RETURN(const bool had_any, DeleteTerms(tx, log, index, event));
    if (!had_any) continue;
    RETURN_IF_ERROR(
        tx.InsertIgnore("INSERT INTO ledger_redactions (log, idx, unfinished) "
                        "VALUES ($1, $2, 1)",
                        {Value::Int(log), Value::Int(index)})
            .status());
  }
  return absl::OkStatus();
}

absl::Status FinishRedactions(sql::Transaction& tx, int64_t log,
                              const std::vector<int64_t>& indexes) {
  for (const int64_t index : indexes) {
    RETURN_IF_ERROR(tx.Execute("UPDATE ledger_redactions SET unfinished = 0 "
                               "WHERE log = $1 AND idx = $2",
                               {Value::Int(log), Value::Int(index)})
                        .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountRedactions(sql::Snapshot& db, int64_t log) {
  ASSIGN_OR_RETURN(const std::optional<sql::Row> row,
                   db.QueryAtMostOne("SELECT COUNT(*) FROM ledger_redactions "
                                     "WHERE log = $1",
                                     {Value::Int(log)}));
  return row.has_value() ? row->Int(0) : 0;
}

absl::StatusOr<std::vector<StoredEntry>> RedactedEntries(sql::Snapshot& db,
                                                         int64_t log,
                                                         int64_t begin,
                                                         int64_t end) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      db.Query("SELECT e.idx, e.body FROM ledger_redactions r "
               "JOIN ledger_entries e ON e.log = r.log AND e.idx = r.idx "
               "WHERE r.log = $1 AND r.idx >= $2 AND r.idx < $3 "
               "ORDER BY r.idx",
               {Value::Int(log), Value::Int(begin), Value::Int(end)}));
  std::vector<StoredEntry> entries;
  for (const sql::Row& row : rows) {
    entries.push_back({.index = row.Int(0), .bytes = row.Bytes(1)});
  }
  return entries;
}

absl::StatusOr<std::vector<int64_t>> UnfinishedRedactions(sql::Snapshot& db,
                                                          int64_t log,
                                                          int limit) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      db.Query("SELECT idx FROM ledger_redactions "
               "WHERE log = $1 AND unfinished = 1 ORDER BY idx LIMIT $2",
               {Value::Int(log), Value::Int(limit)}));
  std::vector<int64_t> indexes;
  for (const sql::Row& row : rows) indexes.push_back(row.Int(0));
  return indexes;
}

}  // namespace shiming::issuance_ledger

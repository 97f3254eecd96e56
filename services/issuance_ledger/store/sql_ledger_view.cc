#include "services/issuance_ledger/store/sql_ledger_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"

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

// A statement that grows with the filter, with its parameters.
class QueryBuilder {
 public:
  explicit QueryBuilder(int64_t log) { Bind(Value::Int(log)); }

  // Adds a parameter; gives its name.
  std::string Bind(Value value) {
    params_.push_back(std::move(value));
    return absl::StrCat("$", params_.size());
  }
  void Add(const std::string& text) { sql_.append(text); }

  const std::string& sql() const { return sql_; }
  sql::Params params() { return std::move(params_); }

 private:
  std::string sql_;
  sql::Params params_;
};

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

absl::StatusOr<std::vector<StoredEntry>> LedgerReads::Query(
    const EntryQuery& query, int64_t after, int64_t end, int limit) {
  const bool by_order = !query.order.empty();
  const SubjectKind kind =
      by_order ? SubjectKind::kOrder : SubjectKind::kSession;
  QueryBuilder builder(log_);
  builder.Add(
      "SELECT e.idx, e.body FROM ledger_subjects s "
      "JOIN ledger_entries e ON e.log = s.log AND e.idx = s.idx "
      "WHERE s.log = $1 AND s.subject_kind = ");
  builder.Add(builder.Bind(Value::Int(static_cast<int64_t>(kind))));
  builder.Add(" AND s.subject = ");
  builder.Add(
      builder.Bind(Value::Text(by_order ? query.order : query.session)));
  builder.Add(" AND s.idx > " + builder.Bind(Value::Int(after)));
  builder.Add(" AND s.idx < " + builder.Bind(Value::Int(end)));
  if (by_order && !query.session.empty()) {
    const int64_t session = static_cast<int64_t>(SubjectKind::kSession);
    builder.Add(
        " AND EXISTS (SELECT 1 FROM ledger_subjects t WHERE t.log = s.log "
        "AND t.idx = s.idx AND t.subject_kind = ");
    builder.Add(builder.Bind(Value::Int(session)) + " AND t.subject = ");
    builder.Add(builder.Bind(Value::Text(query.session)) + ")");
  }
  if (query.start_time.has_value()) {
    builder.Add(" AND e.time_us >= " +
                builder.Bind(Value::Int(ToMicros(*query.start_time))));
  }
  if (query.end_time.has_value()) {
    builder.Add(" AND e.time_us < " +
                builder.Bind(Value::Int(ToMicros(*query.end_time))));
  }
  for (size_t i = 0; i < query.kinds.size(); ++i) {
    builder.Add(i == 0 ? " AND e.kind IN (" : ", ");
    builder.Add(builder.Bind(Value::Int(query.kinds[i])));
  }
  if (!query.kinds.empty()) builder.Add(")");
  builder.Add(" ORDER BY s.idx LIMIT " + builder.Bind(Value::Int(limit)));
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   db_.Query(builder.sql(), builder.params()));
  return StoredEntries(rows);
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

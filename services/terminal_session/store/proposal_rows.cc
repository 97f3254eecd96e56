#include "services/terminal_session/store/proposal_rows.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/store/rows.h"

namespace shiming::terminal_session {
namespace {

using sql::Row;
using sql::Rows;
using sql::Value;

absl::StatusOr<SubjectRecord> ReadProposal(const Row& row) {
  SubjectRecord record;
  record.kind = static_cast<SubjectKind>(row.Int(0));
  record.subject_id = row.Text(1);
  record.number = row.Int(2);
  record.shop_id = row.Text(3);
  record.state = static_cast<SubjectState>(row.Int(4));
  ASSIGN_OR_RETURN(record.content, ParseStoredContent(row.Bytes(5)));
  record.digest = row.Bytes(6);
  record.proposed_by = row.Text(7);
  record.approved_by = row.TextOrEmpty(8);
  return record;
}

absl::StatusOr<std::vector<SubjectRecord>> ReadProposals(
    absl::StatusOr<Rows> rows) {
  if (!rows.ok()) return std::move(rows).status();
  std::vector<SubjectRecord> records;
  for (const Row& row : *rows) {
    ASSIGN_OR_RETURN(SubjectRecord record, ReadProposal(row));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

absl::StatusOr<SubjectHead> FindHead(sql::Snapshot& snapshot, SubjectKind kind,
                                     const std::string& subject_id) {
  ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      snapshot.QueryAtMostOne(
          "SELECT last_number, in_force_number, waiting_number, version"
          " FROM subjects WHERE kind = $1 AND subject_id = $2",
          {Value::Int(kind), Value::Text(subject_id)}));
  SubjectHead head;
  if (!row.has_value()) return head;
  head.last_number = row->Int(0);
  head.in_force_number = row->OptionalInt(1);
  head.waiting_number = row->OptionalInt(2);
  head.version = row->Int(3);
  return head;
}

absl::Status MoveHead(sql::Transaction& tx, SubjectKind kind,
                      const std::string& subject_id, const SubjectHead& head) {
  if (head.version == 0) {
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        tx.InsertIgnore("INSERT INTO subjects (kind, subject_id, last_number,"
                        " in_force_number, waiting_number, version)"
                        " VALUES ($1, $2, $3, $4, $5, 1)",
                        {Value::Int(kind), Value::Text(subject_id),
                         Value::Int(head.last_number),
                         Value::OptionalInt(head.in_force_number),
                         Value::OptionalInt(head.waiting_number)}));
    if (inserted == 1) return absl::OkStatus();
    return sql::RunAgain("another made the subject");
  }
  return ExecuteOneOrAgain(
      tx,
      "UPDATE subjects SET last_number = $1, in_force_number = $2,"
      " waiting_number = $3, version = version + 1"
      " WHERE kind = $4 AND subject_id = $5 AND version = $6",
      {Value::Int(head.last_number), Value::OptionalInt(head.in_force_number),
       Value::OptionalInt(head.waiting_number), Value::Int(kind),
       Value::Text(subject_id), Value::Int(head.version)});
}

absl::StatusOr<SubjectRecord> GetProposal(sql::Snapshot& snapshot,
                                          SubjectKind kind,
                                          const std::string& subject_id,
                                          int64_t number) {
  ASSIGN_OR_RETURN(
      const std::optional<Row> row,
      snapshot.QueryAtMostOne(
          "SELECT kind, subject_id, number, shop_id, state, content, digest,"
          " proposed_by, approved_by FROM proposals"
          " WHERE kind = $1 AND subject_id = $2 AND number = $3",
          {Value::Int(kind), Value::Text(subject_id), Value::Int(number)}));
  if (!row.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "a proposal is missing");
  }
  return ReadProposal(*row);
}

absl::StatusOr<std::vector<SubjectRecord>> ProposalsWithDigest(
    sql::Snapshot& snapshot, const std::string& digest) {
  return ReadProposals(snapshot.Query(
      "SELECT kind, subject_id, number, shop_id, state, content, digest,"
      " proposed_by, approved_by FROM proposals WHERE digest = $1",
      {Value::Bytes(digest)}));
}

absl::StatusOr<std::vector<SubjectRecord>> ListProposals(
    sql::Snapshot& snapshot, SubjectKind kind, const ListPosition& after,
    int limit) {
  // An empty text cannot be bound; a blank sorts before every id.
  const std::string after_id =
      after.subject_id.empty() ? " " : after.subject_id;
  return ReadProposals(snapshot.Query(
      "SELECT kind, subject_id, number, shop_id, state, content, digest,"
      " proposed_by, approved_by FROM proposals"
      " WHERE kind = $1 AND state IN (1, 2, 3)"
      " AND (subject_id, number) > ($2, $3)"
      " ORDER BY subject_id, number LIMIT $4",
      {Value::Int(kind), Value::Text(after_id), Value::Int(after.number),
       Value::Int(limit)}));
}

absl::Status SetProposalState(sql::Transaction& tx, const SubjectRecord& record,
                              int64_t state) {
  return ExecuteOneOrAgain(
      tx,
      "UPDATE proposals SET state = $1"
      " WHERE kind = $2 AND subject_id = $3 AND number = $4",
      {Value::Int(state), Value::Int(record.kind),
       Value::Text(record.subject_id), Value::Int(record.number)});
}

absl::Status ReplaceOlder(sql::Transaction& tx, const SubjectRecord& record) {
  return tx
      .Execute(
          "UPDATE proposals SET state = 4"
          " WHERE kind = $1 AND subject_id = $2 AND number < $3"
          " AND state IN (2, 3)",
          {Value::Int(record.kind), Value::Text(record.subject_id),
           Value::Int(record.number)})
      .status();
}

}  // namespace shiming::terminal_session

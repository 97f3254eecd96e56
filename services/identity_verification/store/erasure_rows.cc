#include "services/identity_verification/store/erasure_rows.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/identity_verification/core/identity_events.h"
#include "services/identity_verification/store/migrations.h"
#include "storage/sql/sql_error.h"

namespace shiming::identity_verification {
namespace {

using sql::Value;
namespace v1 = identity::v1;

constexpr char kTaskHead[] = "erasure";
constexpr std::string_view kColumns =
    "person_id, version, state, content, digest, proposed_by, approved_by, "
    "approve_us, task_number, refused_reason, retain_us, last_events, "
    "erase_us, last_backup_day";

std::string Select(std::string_view rest) {
  return "SELECT " + std::string(kColumns) + " FROM erasures " +
         std::string(rest);
}

std::optional<absl::Time> TimeOf(std::optional<int64_t> micros) {
  if (!micros.has_value()) return std::nullopt;
  return FromMicros(*micros);
}

Value TimeOrNull(const std::optional<absl::Time>& time) {
  return time.has_value() ? Value::Int(ToMicros(*time)) : Value::NullInt();
}

// An Event that has nothing but `after`.
std::string BytesOf(const std::vector<ledger::v1::EventId>& events) {
  ledger::v1::Event carrier;
  for (const ledger::v1::EventId& id : events) *carrier.add_after() = id;
  return carrier.SerializeAsString();
}

absl::StatusOr<StoredErasure> ReadRow(const sql::Row& row) {
  StoredErasure erasure;
  ErasureRecord& record = erasure.record;
  erasure.version = row.Int(1);
  record.state = static_cast<v1::ErasureState>(row.Int(2));
  ledger::v1::Event carrier;
  if (!record.content.ParseFromString(row.Bytes(3)) ||
      record.content.person_id() != row.Text(0) ||
      !carrier.ParseFromString(row.BytesOrEmpty(11))) {
    return MakeError(Reason::INTERNAL_ERROR, "an erasure does not parse");
  }
  record.last_events.assign(carrier.after().begin(), carrier.after().end());
  record.digest = row.Bytes(4);
  record.proposed_by = row.Text(5);
  record.approved_by = row.TextOrEmpty(6);
  record.approve_time = TimeOf(row.OptionalInt(7));
  record.task_number = row.OptionalInt(8).value_or(0);
  record.refused_reason = row.TextOrEmpty(9);
  record.retain_until = TimeOf(row.OptionalInt(10));
  record.erase_time = TimeOf(row.OptionalInt(12));
  record.last_backup_day = row.TextOrEmpty(13);
  return erasure;
}

absl::StatusOr<std::optional<StoredErasure>> ReadAtMostOne(
    absl::StatusOr<std::optional<sql::Row>> row) {
  if (!row.ok()) return std::move(row).status();
  if (!row->has_value()) return std::optional<StoredErasure>();
  ASSIGN_OR_RETURN(StoredErasure erasure, ReadRow(**row));
  return std::optional<StoredErasure>(std::move(erasure));
}

absl::StatusOr<std::vector<ErasureRecord>> ReadAll(
    absl::StatusOr<sql::Rows> rows) {
  if (!rows.ok()) return std::move(rows).status();
  std::vector<ErasureRecord> records;
  for (const sql::Row& row : *rows) {
    ASSIGN_OR_RETURN(StoredErasure erasure, ReadRow(row));
    records.push_back(std::move(erasure.record));
  }
  return records;
}

// Route and id of a person, as parameters $1 and $2.
sql::Params KeyOf(const std::string& person_id) {
  return {Value::Int(RouteOfId(person_id)), Value::Text(person_id)};
}

}  // namespace

absl::StatusOr<std::optional<StoredErasure>> SelectErasure(
    sql::Snapshot& snapshot, const std::string& person_id) {
  return ReadAtMostOne(snapshot.QueryAtMostOne(
      Select("WHERE route = $1 AND person_id = $2"), KeyOf(person_id)));
}

absl::StatusOr<std::optional<StoredErasure>> SelectErasureByDigest(
    sql::Snapshot& snapshot, const std::string& digest) {
  return ReadAtMostOne(snapshot.QueryAtMostOne(Select("WHERE digest = $1"),
                                               {Value::Bytes(digest)}));
}

absl::StatusOr<std::optional<StoredErasure>> SelectErasureByTask(
    sql::Snapshot& snapshot, int64_t number) {
  return ReadAtMostOne(snapshot.QueryAtMostOne(Select("WHERE task_number = $1"),
                                               {Value::Int(number)}));
}

absl::StatusOr<std::vector<ErasureRecord>> SelectErasures(
    sql::Snapshot& snapshot, const std::string& after_person, int64_t limit) {
  // An empty text cannot be bound; a blank sorts before every id.
  const std::string after = after_person.empty() ? " " : after_person;
  return ReadAll(snapshot.Query(
      Select("WHERE (route, person_id) > ($1, $2) "
             "ORDER BY route, person_id LIMIT $3"),
      {Value::Int(after_person.empty() ? -1 : RouteOfId(after_person)),
       Value::Text(after), Value::Int(limit)}));
}

absl::StatusOr<std::vector<ErasureRecord>> SelectTasks(sql::Snapshot& snapshot,
                                                       int64_t after,
                                                       int64_t limit) {
  return ReadAll(snapshot.Query(
      Select("WHERE task_number > $1 AND state IN ($2, $3, $4) "
             "ORDER BY task_number LIMIT $5"),
      {Value::Int(after), Value::Int(v1::ERASURE_STATE_APPROVED),
       Value::Int(v1::ERASURE_STATE_DESTROYING),
       Value::Int(v1::ERASURE_STATE_ERASED), Value::Int(limit)}));
}

absl::StatusOr<int64_t> CountErasuresUnderWay(sql::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(
      const sql::Rows rows,
      snapshot.Query("SELECT COUNT(*) FROM erasures WHERE state IN ($1, $2)",
                     {Value::Int(v1::ERASURE_STATE_APPROVED),
                      Value::Int(v1::ERASURE_STATE_DESTROYING)}));
  return rows.front().Int(0);
}

absl::Status StoreErasure(sql::Transaction& tx, const StoredErasure& erasure) {
  const ErasureRecord& record = erasure.record;
  const std::string& person_id = record.content.person_id();
  const Value task = record.task_number == 0 ? Value::NullInt()
                                             : Value::Int(record.task_number);
  const Value last_events = record.last_events.empty()
                                ? Value::NullBytes()
                                : Value::Bytes(BytesOf(record.last_events));
  sql::Params params = {Value::Int(record.state),
                        Value::Bytes(record.content.SerializeAsString()),
                        Value::Bytes(record.digest),
                        Value::Text(record.proposed_by),
                        Value::TextOrNull(record.approved_by),
                        TimeOrNull(record.approve_time),
                        task,
                        Value::TextOrNull(record.refused_reason),
                        TimeOrNull(record.retain_until),
                        last_events,
                        TimeOrNull(record.erase_time),
                        Value::TextOrNull(record.last_backup_day),
                        Value::Int(RouteOfId(person_id)),
                        Value::Text(person_id)};
  int64_t stored = 0;
  if (erasure.version == 0) {
    ASSIGN_OR_RETURN(
        stored,
        tx.InsertIgnore(
            "INSERT INTO erasures (state, content, digest, proposed_by, "
            "approved_by, approve_us, task_number, refused_reason, retain_us, "
            "last_events, erase_us, last_backup_day, route, person_id, version)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
            "$14, 1)",
            std::move(params)));
  } else {
    params.push_back(Value::Int(erasure.version));
    ASSIGN_OR_RETURN(
        stored,
        tx.Execute("UPDATE erasures SET state = $1, content = $2, digest = $3, "
                   "proposed_by = $4, approved_by = $5, approve_us = $6, "
                   "task_number = $7, refused_reason = $8, retain_us = $9, "
                   "last_events = $10, erase_us = $11, last_backup_day = $12, "
                   "version = version + 1 "
                   "WHERE route = $13 AND person_id = $14 AND version = $15",
                   std::move(params)));
  }
  if (stored == 1) return absl::OkStatus();
  return sql::RunAgain("another moved the erasure");
}

absl::StatusOr<int64_t> NextTaskNumber(sql::Transaction& tx) {
  RETURN_IF_ERROR(
      tx.InsertIgnore(
            "INSERT INTO erasure_tasks (name, last_number) VALUES ($1, 0)",
            {Value::Text(kTaskHead)})
          .status());
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      tx.QueryAtMostOne("SELECT last_number FROM erasure_tasks WHERE name = $1",
                        {Value::Text(kTaskHead)}));
  if (!row.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "the task number is missing");
  }
  const int64_t last = row->Int(0);
  ASSIGN_OR_RETURN(
      const int64_t moved,
      tx.Execute("UPDATE erasure_tasks SET last_number = last_number + 1 "
                 "WHERE name = $1 AND last_number = $2",
                 {Value::Text(kTaskHead), Value::Int(last)}));
  if (moved != 1) return sql::RunAgain("another took the task number");
  return last + 1;
}

absl::StatusOr<bool> ClosePerson(sql::Transaction& tx,
                                 const std::string& person_id, int64_t now_us,
                                 int64_t open_since_us) {
  // update_us is when the person was verified last.
  ASSIGN_OR_RETURN(
      const int64_t closed,
      tx.Execute("UPDATE persons SET erasing_us = $1 "
                 "WHERE route = $2 AND person_id = $3 "
                 "AND erasing_us IS NULL AND update_us < $4",
                 {Value::Int(now_us), Value::Int(RouteOfId(person_id)),
                  Value::Text(person_id), Value::Int(open_since_us)}));
  return closed == 1;
}

absl::Status OpenPersonAgain(sql::Transaction& tx,
                             const std::string& person_id) {
  return tx.ExecuteOne(
      "UPDATE persons SET erasing_us = NULL "
      "WHERE route = $1 AND person_id = $2 AND erasing_us IS NOT NULL",
      KeyOf(person_id), Reason::INTERNAL_ERROR);
}

absl::StatusOr<std::optional<int64_t>> LastVerifiedOf(
    sql::Snapshot& snapshot, const std::string& person_id) {
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> row,
      snapshot.QueryAtMostOne("SELECT update_us FROM persons "
                              "WHERE route = $1 AND person_id = $2",
                              KeyOf(person_id)));
  if (!row.has_value()) return std::optional<int64_t>();
  return std::optional<int64_t>(row->Int(0));
}

absl::StatusOr<std::vector<ledger::v1::EventId>> VerifiedEventsOf(
    sql::Snapshot& snapshot, const std::string& person_id, int64_t limit) {
  sql::Params params = KeyOf(person_id);
  params.push_back(Value::Int(limit));
  ASSIGN_OR_RETURN(const sql::Rows rows,
                   snapshot.Query("SELECT verification_id FROM verifications "
                                  "WHERE route = $1 AND person_id = $2 "
                                  "ORDER BY decide_us DESC LIMIT $3",
                                  std::move(params)));
  std::vector<ledger::v1::EventId> events;
  for (const sql::Row& row : rows) {
    events.push_back(VerificationEventId(row.Text(0)));
  }
  return events;
}

absl::Status RemovePerson(sql::Transaction& tx, const std::string& person_id) {
  ASSIGN_OR_RETURN(const sql::Rows aliases,
                   tx.Query("SELECT alias FROM person_aliases "
                            "WHERE person_id = $1",
                            {Value::Text(person_id)}));
  for (const sql::Row& row : aliases) {
    RETURN_IF_ERROR(tx.ExecuteOne(
        "DELETE FROM person_aliases WHERE alias_route = $1 AND alias = $2",
        {Value::Int(RouteOfHash(row.Bytes(0))), Value::Bytes(row.Bytes(0))}));
  }
  RETURN_IF_ERROR(tx.Execute("UPDATE verifications SET sealed_case = NULL, "
                             "attestation = NULL, attestation_expire_us = NULL "
                             "WHERE route = $1 AND person_id = $2",
                             KeyOf(person_id))
                      .status());
  return tx.ExecuteOne(
      "DELETE FROM persons WHERE route = $1 AND person_id = $2",
      KeyOf(person_id), Reason::INTERNAL_ERROR);
}

}  // namespace shiming::identity_verification

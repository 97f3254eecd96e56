#include "services/identity_verification/store/verification_rows.h"

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/identity_verification/core/identity_events.h"
#include "services/identity_verification/store/migrations.h"

namespace shiming::identity_verification {
namespace {

using sql::Value;

Value BytesOrNull(const std::string& bytes) {
  return bytes.empty() ? Value::NullBytes() : Value::Bytes(bytes);
}

}  // namespace

absl::StatusOr<std::optional<VerificationRecord>> SelectVerification(
    sql::Snapshot& snapshot, const std::string& verification_id) {
  ASSIGN_OR_RETURN(const std::optional<sql::Row> row,
                   snapshot.QueryAtMostOne(
                       "SELECT session_id, terminal, decision, refused_reason, "
                       "document_kind, decide_us, person_id, attestation, "
                       "attestation_expire_us, sealed_case FROM verifications "
                       "WHERE route = $1 AND verification_id = $2",
                       {Value::Int(RouteOfId(verification_id)),
                        Value::Text(verification_id)}));
  if (!row.has_value()) return std::optional<VerificationRecord>();
  VerificationRecord record;
  record.verification_id = verification_id;
  record.session_id = row->Text(0);
  record.terminal = row->Text(1);
  record.decision = static_cast<identity::v1::Decision>(row->Int(2));
  record.refused_reason = row->TextOrEmpty(3);
  record.document_kind = static_cast<int>(row->Int(4));
  record.decide_time = FromMicros(row->Int(5));
  record.person_id = row->TextOrEmpty(6);
  record.attestation_bytes = row->BytesOrEmpty(7);
  record.attestation_expire_time = FromMicros(row->OptionalInt(8).value_or(0));
  record.sealed_case = row->BytesOrEmpty(9);
  record.event_id = VerificationEventId(verification_id);
  return std::optional<VerificationRecord>(std::move(record));
}

absl::Status InsertVerification(sql::Transaction& tx,
                                const VerificationRecord& record,
                                const std::string& face_consent_text_id) {
  const bool approved = !record.attestation_bytes.empty();
  return tx.ExecuteOne(
      "INSERT INTO verifications (route, verification_id, session_id, "
      "terminal, decision, refused_reason, document_kind, decide_us, "
      "face_consent_text_id, person_id, attestation, attestation_expire_us, "
      "sealed_case) VALUES "
      "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
      {Value::Int(RouteOfId(record.verification_id)),
       Value::Text(record.verification_id), Value::Text(record.session_id),
       Value::Text(record.terminal), Value::Int(record.decision),
       Value::TextOrNull(record.refused_reason),
       Value::Int(record.document_kind),
       Value::Int(ToMicros(record.decide_time)),
       Value::Text(face_consent_text_id), Value::TextOrNull(record.person_id),
       BytesOrNull(record.attestation_bytes),
       approved ? Value::Int(ToMicros(record.attestation_expire_time))
                : Value::NullInt(),
       BytesOrNull(record.sealed_case)});
}

absl::StatusOr<std::optional<KnownPerson>> SelectPerson(
    sql::Snapshot& snapshot, const std::string& alias) {
  ASSIGN_OR_RETURN(const std::optional<sql::Row> row,
                   snapshot.QueryAtMostOne(
                       "SELECT person_id FROM person_aliases "
                       "WHERE alias_route = $1 AND alias = $2",
                       {Value::Int(RouteOfHash(alias)), Value::Bytes(alias)}));
  if (!row.has_value()) return std::optional<KnownPerson>();
  const std::string person_id = row->Text(0);
  ASSIGN_OR_RETURN(
      const std::optional<sql::Row> person,
      snapshot.QueryAtMostOne(
          "SELECT erasing_us, lost_us FROM persons "
          "WHERE route = $1 AND person_id = $2",
          {Value::Int(RouteOfId(person_id)), Value::Text(person_id)}));
  return std::optional<KnownPerson>(
      KnownPerson{.person_id = person_id,
                  // An alias goes with its person, in one transaction.
                  .erasing = !person.has_value() || !person->IsNull(0),
                  .lost = person.has_value() && !person->IsNull(1)});
}

absl::Status StorePerson(sql::Transaction& tx, const PersonChange& change,
                         int64_t now_us) {
  if (!change.is_new) {
    return tx.ExecuteOne(
        "UPDATE persons SET sealed_record = $1, update_us = $2, "
        "lost_us = NULL "
        "WHERE route = $3 AND person_id = $4 AND erasing_us IS NULL",
        {Value::Bytes(change.sealed_record), Value::Int(now_us),
         Value::Int(RouteOfId(change.person_id)),
         Value::Text(change.person_id)},
        Reason::LOST_RACE);
  }
  ASSIGN_OR_RETURN(
      const int64_t added,
      tx.InsertIgnore(
          "INSERT INTO person_aliases (alias_route, alias, person_id) "
          "VALUES ($1, $2, $3)",
          {Value::Int(RouteOfHash(change.alias)), Value::Bytes(change.alias),
           Value::Text(change.person_id)}));
  if (added != 1) {
    return MakeError(Reason::LOST_RACE, "the alias was taken meanwhile");
  }
  return tx.ExecuteOne(
      "INSERT INTO persons (route, person_id, sealed_record, create_us, "
      "update_us) VALUES ($1, $2, $3, $4, $5)",
      {Value::Int(RouteOfId(change.person_id)), Value::Text(change.person_id),
       Value::Bytes(change.sealed_record), Value::Int(now_us),
       Value::Int(now_us)});
}

absl::Status UseNonce(sql::Transaction& tx, const std::string& nonce_sha256,
                      const std::string& verification_id) {
  ASSIGN_OR_RETURN(
      const int64_t added,
      tx.InsertIgnore(
          "INSERT INTO used_nonces (nonce_route, nonce_sha256, "
          "verification_id) VALUES ($1, $2, $3)",
          {Value::Int(RouteOfHash(nonce_sha256)), Value::Bytes(nonce_sha256),
           Value::Text(verification_id)}));
  if (added == 1) return absl::OkStatus();
  return MakeError(Reason::NONCE_USED, "this reading was verified already");
}

absl::StatusOr<bool> CountFace(sql::Transaction& tx,
                               const std::string& session_id, bool failed,
                               int limit) {
  const Value route = Value::Int(RouteOfId(session_id));
  RETURN_IF_ERROR(
      tx.InsertIgnore("INSERT INTO face_checks (route, session_id, "
                      "check_count, failure_count) VALUES ($1, $2, 0, 0)",
                      {route, Value::Text(session_id)})
          .status());
  ASSIGN_OR_RETURN(
      const int64_t counted,
      tx.Execute("UPDATE face_checks SET check_count = check_count + 1, "
                 "failure_count = failure_count + $1 "
                 "WHERE route = $2 AND session_id = $3 AND failure_count < $4",
                 {Value::Int(failed ? 1 : 0), route, Value::Text(session_id),
                  Value::Int(limit)}));
  return counted == 1;
}

}  // namespace shiming::identity_verification

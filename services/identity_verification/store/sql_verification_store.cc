#include "services/identity_verification/store/sql_verification_store.h"

#include <memory>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/identity_verification/store/verification_rows.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;

constexpr char kMethod[] =
    "/shiming.identity.v1.IdentityVerificationService/VerifyIdentity";
// Expired requests that one transaction forgets.
constexpr int64_t kExpiredPerWrite = 500;

requests::RequestKey KeyOf(const RequestKey& request) {
  return {.caller = request.caller,
          .method = kMethod,
          .request_id = request.request_id};
}

// The record that a request is known to have made.
absl::StatusOr<VerificationRecord> Made(sql::Snapshot& snapshot,
                                        const std::string& verification_id) {
  ASSIGN_OR_RETURN(std::optional<VerificationRecord> record,
                   SelectVerification(snapshot, verification_id));
  if (!record.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "a request's result is missing");
  }
  return *std::move(record);
}

}  // namespace

VerificationStore::Result<std::optional<VerificationRecord>>
SqlVerificationStore::FindByRequest(const RequestKey& request) {
  auto read = [this, request](sql::Snapshot& snapshot)
      -> absl::StatusOr<std::optional<VerificationRecord>> {
    ASSIGN_OR_RETURN(
        const std::optional<std::string> made,
        deps_.requests.Find(snapshot, KeyOf(request), request.content_hash));
    if (!made.has_value()) return std::optional<VerificationRecord>();
    ASSIGN_OR_RETURN(VerificationRecord record, Made(snapshot, *made));
    return std::optional<VerificationRecord>(std::move(record));
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

VerificationStore::Result<std::optional<VerificationRecord>>
SqlVerificationStore::Find(const std::string& verification_id) {
  auto read = [verification_id](sql::Snapshot& snapshot) {
    return SelectVerification(snapshot, verification_id);
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

VerificationStore::Result<std::optional<KnownPerson>>
SqlVerificationStore::FindPerson(const std::string& alias) {
  auto read = [alias](sql::Snapshot& snapshot) {
    return SelectPerson(snapshot, alias);
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

VerificationStore::Result<VerificationRecord> SqlVerificationStore::Decide(
    const DecisionDraft& draft) {
  // The database may still run it when this coroutine is gone.
  auto decide = [this, copy = std::make_shared<const DecisionDraft>(draft)](
                    sql::Transaction& tx) { return DecideIn(tx, *copy); };
  absl::StatusOr<VerificationRecord> record =
      co_await deps_.database.WriteValue(std::move(decide));
  if (record.ok()) deps_.committed();
  co_return record;
}

absl::StatusOr<VerificationRecord> SqlVerificationStore::DecideIn(
    sql::Transaction& tx, const DecisionDraft& draft) {
  const std::string& verification_id = draft.outcome.record.verification_id;
  ASSIGN_OR_RETURN(
      const std::optional<std::string> made,
      deps_.requests.Claim(tx, KeyOf(draft.request), draft.request.content_hash,
                           verification_id));
  if (made.has_value()) return Made(tx, *made);
  RETURN_IF_ERROR(UseNonce(tx, draft.nonce_sha256, verification_id));

  const Outcome* outcome = &draft.outcome;
  if (draft.if_face_locked.has_value()) {
    ASSIGN_OR_RETURN(
        const bool counted,
        CountFace(tx, outcome->record.session_id, draft.face_failed,
                  draft.face_failures_before_lock));
    if (!counted) outcome = &*draft.if_face_locked;
  }
  if (outcome->person.has_value()) {
    RETURN_IF_ERROR(StorePerson(tx, *outcome->person,
                                ToMicros(outcome->record.decide_time)));
  }
  ASSIGN_OR_RETURN(const ledger::v1::EventId event_id,
                   deps_.outbox.Add(tx, outcome->event));
  // The attestation names the event, so it was fixed before.
  if (event_id.version() != outcome->record.event_id.version() ||
      event_id.source() != outcome->record.event_id.source() ||
      event_id.aggregate() != outcome->record.event_id.aggregate()) {
    return MakeError(Reason::INTERNAL_ERROR, "a verification has two events");
  }
  RETURN_IF_ERROR(
      InsertVerification(tx, outcome->record, draft.face_consent_text_id));
  return outcome->record;
}

awaitable<absl::Status> SqlVerificationStore::DeleteExpiredRequests() {
  int64_t deleted = kExpiredPerWrite;
  while (deleted == kExpiredPerWrite) {
    auto erase = [this](sql::Transaction& tx) {
      return deps_.requests.DeleteExpired(tx, kExpiredPerWrite);
    };
    CO_ASSIGN_OR_RETURN(deleted,
                        co_await deps_.database.WriteValue(std::move(erase)));
  }
  co_return absl::OkStatus();
}

}  // namespace shiming::identity_verification

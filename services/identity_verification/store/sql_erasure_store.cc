#include "services/identity_verification/store/sql_erasure_store.h"

#include <string_view>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/identity_verification/store/erasure_rows.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
namespace v1 = identity::v1;

constexpr char kPropose[] =
    "/shiming.identity.v1.ErasureService/ProposeErasure";
constexpr char kApprove[] =
    "/shiming.identity.v1.ErasureService/ApproveErasure";
// With those of the orders at most half of what an event may name in `after`.
constexpr int64_t kVerifiedEvents = 16;

requests::RequestKey KeyOf(const RequestKey& request, const char* method) {
  return {.caller = request.caller,
          .method = method,
          .request_id = request.request_id};
}

// The erasure that is known to be there.
absl::StatusOr<StoredErasure> Stored(sql::Snapshot& snapshot,
                                     const std::string& person_id) {
  ASSIGN_OR_RETURN(std::optional<StoredErasure> erasure,
                   SelectErasure(snapshot, person_id));
  if (!erasure.has_value()) {
    return MakeError(Reason::INTERNAL_ERROR, "an erasure is missing");
  }
  return *std::move(erasure);
}

absl::Status OpenVerification() {
  return MakeError(Reason::PERSON_HAS_OPEN_VERIFICATION,
                   "the last verification can still be used for an order");
}

// OK where a proposal may be stored in place of what there is.
absl::Status CheckMayPropose(const std::optional<StoredErasure>& present) {
  if (!present.has_value()) return absl::OkStatus();
  switch (present->record.state) {
    case v1::ERASURE_STATE_APPROVED:
    case v1::ERASURE_STATE_DESTROYING:
      return MakeError(Reason::ERASURE_UNDER_WAY, "an erasure is approved");
    case v1::ERASURE_STATE_ERASED:
      return MakeError(Reason::PERSON_IS_ERASED, "the person is erased");
    default:
      return absl::OkStatus();
  }
}

// Moves the erasure by `change`, if it is in state `from` (and of this task,
// unless 0); gives what stands then.
template <typename Change>
absl::StatusOr<ErasureRecord> Move(sql::Transaction& tx,
                                   const std::string& person_id,
                                   v1::ErasureState from, int64_t task_number,
                                   Change change) {
  ASSIGN_OR_RETURN(StoredErasure erasure, Stored(tx, person_id));
  if (erasure.record.state != from ||
      (task_number != 0 && erasure.record.task_number != task_number)) {
    return std::move(erasure.record);
  }
  RETURN_IF_ERROR(change(erasure.record));
  RETURN_IF_ERROR(StoreErasure(tx, erasure));
  return std::move(erasure.record);
}

absl::StatusOr<std::optional<ErasureRecord>> RecordOf(
    absl::StatusOr<std::optional<StoredErasure>> erasure) {
  if (!erasure.ok()) return std::move(erasure).status();
  if (!erasure->has_value()) return std::optional<ErasureRecord>();
  return std::optional<ErasureRecord>(std::move((*erasure)->record));
}

}  // namespace

ErasureStore::Result<ErasureRecord> SqlErasureStore::Propose(
    const RequestKey& request, const ErasureProposal& proposal,
    absl::Time open_since) {
  auto propose = [this, request, proposal, open_since](
                     sql::Transaction& tx) -> absl::StatusOr<ErasureRecord> {
    const std::string& person_id = proposal.content.person_id();
    ASSIGN_OR_RETURN(const std::optional<std::string> made,
                     deps_.requests.Claim(tx, KeyOf(request, kPropose),
                                          request.content_hash, person_id));
    ASSIGN_OR_RETURN(std::optional<StoredErasure> present,
                     SelectErasure(tx, person_id));
    if (made.has_value() && present.has_value()) {
      return std::move(present->record);
    }
    RETURN_IF_ERROR(CheckMayPropose(present));
    ASSIGN_OR_RETURN(const std::optional<int64_t> verified_us,
                     LastVerifiedOf(tx, person_id));
    if (!verified_us.has_value()) {
      return MakeError(Reason::PERSON_UNKNOWN, "no such person");
    }
    if (*verified_us >= ToMicros(open_since)) return OpenVerification();
    StoredErasure erasure;
    erasure.version = present.has_value() ? present->version : 0;
    erasure.record.content = proposal.content;
    erasure.record.state = v1::ERASURE_STATE_PROPOSED;
    erasure.record.digest = proposal.digest;
    erasure.record.proposed_by = proposal.officer;
    RETURN_IF_ERROR(StoreErasure(tx, erasure));
    return std::move(erasure.record);
  };
  co_return co_await deps_.database.WriteValue(std::move(propose));
}

ErasureStore::Result<ErasureRecord> SqlErasureStore::Approve(
    const RequestKey& request, const std::string& digest,
    const std::string& officer, absl::Time now, absl::Time open_since) {
  auto approve = [this, request, digest, officer, now, open_since](
                     sql::Transaction& tx) -> absl::StatusOr<ErasureRecord> {
    ASSIGN_OR_RETURN(const std::optional<std::string> earlier,
                     deps_.requests.Find(tx, KeyOf(request, kApprove),
                                         request.content_hash));
    if (earlier.has_value()) {
      ASSIGN_OR_RETURN(StoredErasure known, Stored(tx, *earlier));
      return std::move(known.record);
    }
    ASSIGN_OR_RETURN(std::optional<StoredErasure> erasure,
                     SelectErasureByDigest(tx, digest));
    if (!erasure.has_value()) {
      return MakeError(Reason::PROPOSAL_UNKNOWN, "no proposal of this digest");
    }
    ErasureRecord& record = erasure->record;
    const std::string person_id = record.content.person_id();
    ASSIGN_OR_RETURN(const std::optional<std::string> made,
                     deps_.requests.Claim(tx, KeyOf(request, kApprove),
                                          request.content_hash, person_id));
    if (made.has_value()) return std::move(record);
    if (record.state != v1::ERASURE_STATE_PROPOSED) {
      return MakeError(Reason::PROPOSAL_NOT_WAITING, "it does not wait");
    }
    if (record.proposed_by == officer) {
      return MakeError(Reason::SAME_OFFICER, "proposed by the same officer");
    }
    ASSIGN_OR_RETURN(
        const bool closed,
        ClosePerson(tx, person_id, ToMicros(now), ToMicros(open_since)));
    if (!closed) return OpenVerification();
    record.state = v1::ERASURE_STATE_APPROVED;
    record.approved_by = officer;
    record.approve_time = now;
    ASSIGN_OR_RETURN(record.task_number, NextTaskNumber(tx));
    RETURN_IF_ERROR(StoreErasure(tx, *erasure));
    return std::move(record);
  };
  co_return co_await deps_.database.WriteValue(std::move(approve));
}

ErasureStore::Result<std::optional<ErasureRecord>> SqlErasureStore::Find(
    const std::string& person_id) {
  auto read = [person_id](sql::Snapshot& snapshot) {
    return RecordOf(SelectErasure(snapshot, person_id));
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

ErasureStore::Result<std::vector<ErasureRecord>> SqlErasureStore::List(
    const std::string& after_person, int limit) {
  auto read = [after_person, limit](sql::Snapshot& snapshot) {
    return SelectErasures(snapshot, after_person, limit);
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

ErasureStore::Result<std::vector<ErasureRecord>> SqlErasureStore::ListTasks(
    int64_t after, int limit) {
  auto read = [after, limit](sql::Snapshot& snapshot) {
    return SelectTasks(snapshot, after, limit);
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

ErasureStore::Result<std::optional<ErasureRecord>> SqlErasureStore::FindTask(
    int64_t number) {
  auto read = [number](sql::Snapshot& snapshot) {
    return RecordOf(SelectErasureByTask(snapshot, number));
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

ErasureStore::Result<int64_t> SqlErasureStore::CountUnderWay() {
  auto read = [](sql::Snapshot& snapshot) {
    return CountErasuresUnderWay(snapshot);
  };
  co_return co_await deps_.database.ReadValue(std::move(read));
}

ErasureStore::Result<ErasureRecord> SqlErasureStore::Refuse(
    const std::string& person_id, int64_t task_number,
    const std::string& reason, std::optional<absl::Time> retain_until) {
  auto refuse = [person_id, task_number, reason,
                 retain_until](sql::Transaction& tx) {
    return Move(tx, person_id, v1::ERASURE_STATE_APPROVED, task_number,
                [&](ErasureRecord& record) {
                  record.state = v1::ERASURE_STATE_REFUSED;
                  record.refused_reason = reason;
                  record.retain_until = retain_until;
                  return OpenPersonAgain(tx, person_id);
                });
  };
  co_return co_await deps_.database.WriteValue(std::move(refuse));
}

ErasureStore::Result<ErasureRecord> SqlErasureStore::BeginDestroying(
    const std::string& person_id, int64_t task_number,
    const std::vector<ledger::v1::EventId>& last_events) {
  auto begin = [person_id, task_number, last_events](sql::Transaction& tx) {
    return Move(tx, person_id, v1::ERASURE_STATE_APPROVED, task_number,
                [&](ErasureRecord& record) {
                  record.state = v1::ERASURE_STATE_DESTROYING;
                  record.last_events = last_events;
                  return absl::OkStatus();
                });
  };
  co_return co_await deps_.database.WriteValue(std::move(begin));
}

ErasureStore::Result<ErasureRecord> SqlErasureStore::Finish(
    const std::string& person_id, const ErasureEnd& end) {
  auto finish = [this, person_id, end](sql::Transaction& tx) {
    return Move(
        tx, person_id, v1::ERASURE_STATE_DESTROYING, 0,
        [&](ErasureRecord& record) -> absl::Status {
          ledger::v1::Event event = end.event;
          ASSIGN_OR_RETURN(const std::vector<ledger::v1::EventId> verified,
                           VerifiedEventsOf(tx, person_id, kVerifiedEvents));
          for (const auto& ids : {verified, record.last_events}) {
            for (const ledger::v1::EventId& id : ids) *event.add_after() = id;
          }
          RETURN_IF_ERROR(RemovePerson(tx, person_id));
          RETURN_IF_ERROR(deps_.outbox.Add(tx, std::move(event)).status());
          record.state = v1::ERASURE_STATE_ERASED;
          record.erase_time = end.erase_time;
          record.last_backup_day = end.last_backup_day;
          return absl::OkStatus();
        });
  };
  absl::StatusOr<ErasureRecord> record =
      co_await deps_.database.WriteValue(std::move(finish));
  if (record.ok()) deps_.committed();
  co_return record;
}

}  // namespace shiming::identity_verification

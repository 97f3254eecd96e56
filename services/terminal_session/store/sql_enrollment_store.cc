#include "services/terminal_session/store/sql_enrollment_store.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/terminal_session/core/event_drafts.h"
#include "services/terminal_session/store/proposal_rows.h"
#include "services/terminal_session/store/request_key.h"
#include "services/terminal_session/store/rows.h"
#include "shiming/terminal/v1/terminal_service.pb.h"

namespace shiming::terminal_session {
namespace {

using sql::Row;
using sql::Value;
using terminal::v1::ProposalContent;

// What a request made: "<number>/<kind>/<subject_id>".
std::string ResultId(const SubjectRecord& record) {
  return absl::StrCat(record.number, "/", static_cast<int>(record.kind), "/",
                      record.subject_id);
}

absl::StatusOr<SubjectRecord> LoadResult(sql::Snapshot& snapshot,
                                         const std::string& result_id) {
  const size_t first = result_id.find('/');
  const size_t second = result_id.find('/', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    return MakeError(Reason::INTERNAL_ERROR, "stored result does not parse");
  }
  int64_t number = 0;
  int kind = 0;
  std::from_chars(result_id.data(), result_id.data() + first, number);
  std::from_chars(result_id.data() + first + 1, result_id.data() + second,
                  kind);
  return GetProposal(snapshot, static_cast<SubjectKind>(kind),
                     result_id.substr(second + 1), number);
}

// The proposal by which a subject without rights is listed.
absl::StatusOr<SubjectRecord> LastRevoked(sql::Snapshot& snapshot,
                                          SubjectKind kind,
                                          const std::string& subject_id) {
  ASSIGN_OR_RETURN(const std::vector<SubjectRecord> listed,
                   ListProposals(snapshot, kind,
                                 {.subject_id = subject_id, .number = 0}, 1));
  if (listed.empty() || listed[0].subject_id != subject_id) {
    return MakeError(Reason::INTERNAL_ERROR, "a revoked proposal is missing");
  }
  return listed[0];
}

// The event of an act on `record`.
ledger::v1::Event EventOf(AdminAct::Kind act, const SubjectRecord& record,
                          const std::string& admin, const Mutation& mutation,
                          std::vector<EventId> after) {
  return AdminActed({.kind = act,
                     .subject_kind = record.kind,
                     .subject_id = record.subject_id,
                     .shop_id = record.shop_id,
                     .digest = record.digest,
                     .content = record.content,
                     .admin = admin,
                     .trace_id = mutation.trace_id,
                     .after = std::move(after)});
}

// The id behind "<shop>/" of a device's subject_id.
DeviceId DeviceOf(const SubjectRecord& record) {
  return {record.shop_id, record.subject_id.substr(record.shop_id.size() + 1)};
}

absl::Status InsertProposal(sql::Transaction& tx, const SubjectRecord& record,
                            const CheckedProposal& proposal,
                            const Mutation& mutation) {
  return tx.ExecuteOne(
      "INSERT INTO proposals (kind, subject_id, number, shop_id, state,"
      " content, digest, proposed_by, proposed_us)"
      " VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8)",
      {Value::Int(record.kind), Value::Text(record.subject_id),
       Value::Int(record.number), Value::Text(record.shop_id),
       Value::Bytes(proposal.stored_bytes), Value::Bytes(proposal.digest),
       Value::Text(record.proposed_by), Value::Int(ToMicros(mutation.now))});
}

}  // namespace

EnrollmentStore::Result<SubjectRecord> SqlEnrollmentStore::Propose(
    const Mutation& mutation, const std::string& admin,
    const CheckedProposal& proposal) {
  co_return co_await deps_.database.WriteValue([&](sql::Transaction& tx) {
    return ProposeIn(tx, mutation, admin, proposal);
  });
}

EnrollmentStore::Result<SubjectRecord> SqlEnrollmentStore::Approve(
    const Mutation& mutation, const std::string& admin,
    const std::string& digest) {
  co_return co_await deps_.database.WriteValue([&](sql::Transaction& tx) {
    return ApproveIn(tx, mutation, admin, digest);
  });
}

EnrollmentStore::Result<SubjectRecord> SqlEnrollmentStore::Revoke(
    const Mutation& mutation, const std::string& admin, SubjectKind kind,
    const std::string& subject_id, const std::string& why) {
  co_return co_await deps_.database.WriteValue([&](sql::Transaction& tx) {
    return RevokeIn(tx, mutation, admin, kind, subject_id, why);
  });
}

absl::StatusOr<SubjectRecord> SqlEnrollmentStore::ProposeIn(
    sql::Transaction& tx, const Mutation& mutation, const std::string& admin,
    const CheckedProposal& proposal) const {
  ASSIGN_OR_RETURN(SubjectHead head,
                   FindHead(tx, proposal.kind, proposal.subject_id));
  SubjectRecord record = {
      .kind = proposal.kind,
      .subject_id = proposal.subject_id,
      .shop_id = proposal.shop_id,
      .number = head.last_number + 1,
      .state = SubjectState::SUBJECT_STATE_PROPOSED,
      .content = proposal.content,
      .digest = proposal.digest,
      .proposed_by = admin,
  };
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Claim(tx, KeyOf(mutation), mutation.content_hash,
                           ResultId(record)));
  if (earlier.has_value()) return LoadResult(tx, *earlier);

  if (head.waiting_number.has_value()) {
    ASSIGN_OR_RETURN(
        const SubjectRecord waiting,
        GetProposal(tx, record.kind, record.subject_id, *head.waiting_number));
    RETURN_IF_ERROR(SetProposalState(tx, waiting, kReplaced));
  }
  head.last_number = record.number;
  head.waiting_number = record.number;
  RETURN_IF_ERROR(MoveHead(tx, record.kind, record.subject_id, head));
  RETURN_IF_ERROR(InsertProposal(tx, record, proposal, mutation));
  RETURN_IF_ERROR(deps_.outbox
                      .Add(tx, EventOf(AdminAct::Kind::kProposed, record, admin,
                                       mutation, {}))
                      .status());
  return record;
}

absl::StatusOr<SubjectRecord> SqlEnrollmentStore::ApproveIn(
    sql::Transaction& tx, const Mutation& mutation, const std::string& admin,
    const std::string& digest) const {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Find(tx, KeyOf(mutation), mutation.content_hash));
  if (earlier.has_value()) return LoadResult(tx, *earlier);

  ASSIGN_OR_RETURN(const std::vector<SubjectRecord> found,
                   ProposalsWithDigest(tx, digest));
  if (found.empty()) {
    return MakeError(Reason::PROPOSAL_UNKNOWN, "no proposal with this digest",
                     {.field = "digest"});
  }
  std::optional<SubjectRecord> waiting;
  for (const SubjectRecord& candidate : found) {
    if (candidate.state == SubjectState::SUBJECT_STATE_PROPOSED) {
      waiting = candidate;
    }
  }
  if (!waiting.has_value()) {
    return MakeError(Reason::PROPOSAL_NOT_WAITING, "no longer proposed");
  }
  SubjectRecord record = *std::move(waiting);
  if (record.proposed_by == admin) {
    return MakeError(Reason::SAME_ADMIN, "proposed by the same admin");
  }
  RETURN_IF_ERROR(
      deps_.requests
          .Claim(tx, KeyOf(mutation), mutation.content_hash, ResultId(record))
          .status());
  ASSIGN_OR_RETURN(SubjectHead head,
                   FindHead(tx, record.kind, record.subject_id));
  head.in_force_number = record.number;
  head.waiting_number.reset();
  RETURN_IF_ERROR(MoveHead(tx, record.kind, record.subject_id, head));
  RETURN_IF_ERROR(ReplaceOlder(tx, record));
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE proposals SET state = 2, approved_by = $1, approved_us = $2"
      " WHERE kind = $3 AND subject_id = $4 AND number = $5 AND state = 1",
      {Value::Text(admin), Value::Int(ToMicros(mutation.now)),
       Value::Int(record.kind), Value::Text(record.subject_id),
       Value::Int(record.number)}));
  record.state = SubjectState::SUBJECT_STATE_APPROVED;
  record.approved_by = admin;

  ASSIGN_OR_RETURN(std::vector<EventId> after, Foundations(tx, record));
  ASSIGN_OR_RETURN(
      const EventId event,
      deps_.outbox.Add(tx, EventOf(AdminAct::Kind::kApproved, record, admin,
                                   mutation, std::move(after))));
  RETURN_IF_ERROR(Pin(tx, record));
  RETURN_IF_ERROR(Apply(tx, record,
                        {.end = SessionEnd::SESSION_END_REVOKED,
                         .now = mutation.now,
                         .trace_id = mutation.trace_id,
                         .because = event}));
  return record;
}

absl::StatusOr<SubjectRecord> SqlEnrollmentStore::RevokeIn(
    sql::Transaction& tx, const Mutation& mutation, const std::string& admin,
    SubjectKind kind, const std::string& subject_id,
    const std::string& why) const {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Find(tx, KeyOf(mutation), mutation.content_hash));
  if (earlier.has_value()) return LoadResult(tx, *earlier);

  ASSIGN_OR_RETURN(SubjectHead head, FindHead(tx, kind, subject_id));
  if (head.version == 0) {
    return MakeError(Reason::SUBJECT_UNKNOWN, "no such subject",
                     {.field = "subject_id"});
  }
  const bool in_force = head.in_force_number.has_value();
  const bool nothing_left = !in_force && !head.waiting_number.has_value();
  SubjectRecord record;
  if (nothing_left) {
    ASSIGN_OR_RETURN(record, LastRevoked(tx, kind, subject_id));
  } else {
    ASSIGN_OR_RETURN(record, GetProposal(tx, kind, subject_id,
                                         in_force ? *head.in_force_number
                                                  : *head.waiting_number));
  }
  RETURN_IF_ERROR(
      deps_.requests
          .Claim(tx, KeyOf(mutation), mutation.content_hash, ResultId(record))
          .status());
  if (nothing_left) return record;

  if (in_force && head.waiting_number.has_value()) {
    ASSIGN_OR_RETURN(const SubjectRecord waiting,
                     GetProposal(tx, kind, subject_id, *head.waiting_number));
    RETURN_IF_ERROR(SetProposalState(tx, waiting, kReplaced));
  }
  head.in_force_number.reset();
  head.waiting_number.reset();
  RETURN_IF_ERROR(MoveHead(tx, kind, subject_id, head));
  RETURN_IF_ERROR(ReplaceOlder(tx, record));
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE proposals SET state = 3, revoked_by = $1, revoked_us = $2,"
      " revoked_why = $3"
      " WHERE kind = $4 AND subject_id = $5 AND number = $6",
      {Value::Text(admin), Value::Int(ToMicros(mutation.now)),
       Value::TextOrNull(why), Value::Int(kind), Value::Text(subject_id),
       Value::Int(record.number)}));
  record.state = SubjectState::SUBJECT_STATE_REVOKED;
  ASSIGN_OR_RETURN(const EventId event,
                   deps_.outbox.Add(tx, EventOf(AdminAct::Kind::kRevoked,
                                                record, admin, mutation, {})));
  if (in_force) {
    RETURN_IF_ERROR(Withdraw(tx, record,
                             {.end = SessionEnd::SESSION_END_REVOKED,
                              .now = mutation.now,
                              .trace_id = mutation.trace_id,
                              .because = event}));
  }
  return record;
}

absl::StatusOr<std::vector<EventId>> SqlEnrollmentStore::Foundations(
    sql::Transaction& tx, const SubjectRecord& record) const {
  std::vector<EventId> after;
  if (record.kind == SubjectKind::SUBJECT_KIND_SHOP) return after;
  // Counts on the shop's row, so that its revocation and this approval cannot
  // pass each other unseen.
  ASSIGN_OR_RETURN(const int64_t shops,
                   tx.Execute("UPDATE shops SET sign_in_count ="
                              " sign_in_count + 1"
                              " WHERE shop_id = $1 AND in_force = 1",
                              {Value::Text(record.shop_id)}));
  if (shops != 1) {
    return MakeError(Reason::SHOP_NOT_IN_FORCE, "its shop is not in force");
  }
  ASSIGN_OR_RETURN(const std::optional<ShopRecord> shop,
                   FindShop(tx, record.shop_id));
  after.push_back(
      OwnEvent(SubjectAggregate(SubjectKind::SUBJECT_KIND_SHOP, record.shop_id),
               shop->approved_version));
  if (record.kind != SubjectKind::SUBJECT_KIND_DISPLAY) return after;

  const DeviceId terminal_id = {record.shop_id,
                                record.content.display().terminal_id()};
  ASSIGN_OR_RETURN(
      const int64_t terminals,
      tx.Execute("UPDATE terminals SET shift_count = shift_count + 1"
                 " WHERE shop_id = $1 AND terminal_id = $2 AND in_force = 1",
                 {Value::Text(terminal_id.shop_id),
                  Value::Text(terminal_id.device_id)}));
  if (terminals != 1) {
    return MakeError(Reason::TERMINAL_NOT_IN_FORCE,
                     "its terminal is not in force");
  }
  ASSIGN_OR_RETURN(const std::optional<TerminalRecord> terminal,
                   FindTerminal(tx, terminal_id));
  after.push_back(OwnEvent(
      SubjectAggregate(SubjectKind::SUBJECT_KIND_TERMINAL, terminal_id.Path()),
      terminal->approved_version));
  return after;
}

absl::Status SqlEnrollmentStore::Unpin(sql::Transaction& tx, SubjectKind kind,
                                       const std::string& subject_id) const {
  return tx
      .Execute("DELETE FROM pinned_keys WHERE kind = $1 AND subject_id = $2",
               {Value::Int(kind), Value::Text(subject_id)})
      .status();
}

absl::Status SqlEnrollmentStore::Pin(sql::Transaction& tx,
                                     const SubjectRecord& record) const {
  RETURN_IF_ERROR(Unpin(tx, record.kind, record.subject_id));
  for (const std::string& key : PinnedKeys(record.content)) {
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        tx.InsertIgnore("INSERT INTO pinned_keys (key_sha256, kind, subject_id)"
                        " VALUES ($1, $2, $3)",
                        {Value::Bytes(key), Value::Int(record.kind),
                         Value::Text(record.subject_id)}));
    if (inserted != 1) {
      return MakeError(Reason::KEY_IN_USE, "pinned for another device");
    }
  }
  return absl::OkStatus();
}

absl::Status SqlEnrollmentStore::Apply(sql::Transaction& tx,
                                       const SubjectRecord& record,
                                       const EndCause& cause) const {
  switch (record.content.subject_case()) {
    case ProposalContent::kShop:
      return ApplyShop(tx, record.content.shop(), cause);
    case ProposalContent::kTerminal:
      return ApplyTerminal(tx, record.content.terminal(), cause);
    case ProposalContent::kDisplay:
      return ApplyDisplay(tx, record.content.display(), cause);
    case ProposalContent::kClerk:
      return ApplyClerk(tx, record.content.clerk(), cause);
    default:
      return MakeError(Reason::INTERNAL_ERROR, "stored content is empty");
  }
}

absl::Status SqlEnrollmentStore::ApplyShop(sql::Transaction& tx,
                                           const terminal::v1::Shop& shop,
                                           const EndCause& cause) const {
  ASSIGN_OR_RETURN(
      const int64_t updated,
      tx.Execute(
          "UPDATE shops SET in_force = 1, content = $1, region = $2,"
          " approved_version = $3 WHERE shop_id = $4",
          {Value::Bytes(shop.SerializeAsString()), Value::Text(shop.region()),
           Value::Int(cause.because->version()), Value::Text(shop.shop_id())}));
  if (updated == 1) return absl::OkStatus();
  return tx.ExecuteOne(
      "INSERT INTO shops (shop_id, in_force, content, region,"
      " approved_version, sign_in_count) VALUES ($1, 1, $2, $3, $4, 0)",
      {Value::Text(shop.shop_id()), Value::Bytes(shop.SerializeAsString()),
       Value::Text(shop.region()), Value::Int(cause.because->version())});
}

absl::Status SqlEnrollmentStore::ApplyTerminal(
    sql::Transaction& tx, const terminal::v1::Terminal& terminal,
    const EndCause& cause) const {
  const DeviceId id = {terminal.shop_id(), terminal.terminal_id()};
  const std::string tls_key = crypto::Sha256(terminal.tls_public_key());
  ASSIGN_OR_RETURN(const std::optional<TerminalRecord> old,
                   FindTerminal(tx, id));
  if (!old.has_value()) {
    return tx.ExecuteOne(
        "INSERT INTO terminals (shop_id, terminal_id, in_force,"
        " tls_key_sha256, evidence_public_key, approved_version, shift_count)"
        " VALUES ($1, $2, 1, $3, $4, $5, 0)",
        {Value::Text(id.shop_id), Value::Text(id.device_id),
         Value::Bytes(tls_key), Value::Bytes(terminal.evidence_public_key()),
         Value::Int(cause.because->version())});
  }
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE terminals SET in_force = 1, tls_key_sha256 = $1,"
      " evidence_public_key = $2, approved_version = $3"
      " WHERE shop_id = $4 AND terminal_id = $5",
      {Value::Bytes(tls_key), Value::Bytes(terminal.evidence_public_key()),
       Value::Int(cause.because->version()), Value::Text(id.shop_id),
       Value::Text(id.device_id)}));
  const bool same_keys =
      old->tls_key_sha256 == tls_key &&
      old->evidence_public_key == terminal.evidence_public_key();
  if (!old->in_force || same_keys) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<ShiftRecord> shift,
                   FindOpenShiftAt(tx, id));
  if (shift.has_value()) {
    RETURN_IF_ERROR(endings_.EndShift(tx, *shift, cause));
  }
  return endings_.Tell(tx, terminal::v1::END_KIND_TERMINAL, id.Path(),
                       cause.end, cause.now);
}

absl::Status SqlEnrollmentStore::ApplyDisplay(
    sql::Transaction& tx, const terminal::v1::Display& display,
    const EndCause& cause) const {
  const DeviceId id = {display.shop_id(), display.display_id()};
  const DeviceId terminal = {display.shop_id(), display.terminal_id()};
  const std::string tls_key = crypto::Sha256(display.tls_public_key());
  ASSIGN_OR_RETURN(const std::optional<DisplayRecord> old, FindDisplay(tx, id));
  if (old.has_value() && old->in_force &&
      (old->tls_key_sha256 != tls_key ||
       old->terminal_id != terminal.device_id)) {
    RETURN_IF_ERROR(EndDisplay(tx, id, cause));
  }
  ASSIGN_OR_RETURN(const std::optional<DisplayRecord> rival,
                   FindDisplayOf(tx, terminal));
  if (rival.has_value() && !(rival->id == id)) {
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx,
        "UPDATE displays SET terminal_id = $1"
        " WHERE shop_id = $2 AND display_id = $3 AND terminal_id = $4",
        {Value::NullText(), Value::Text(rival->id.shop_id),
         Value::Text(rival->id.device_id), Value::Text(terminal.device_id)}));
    RETURN_IF_ERROR(EndDisplay(tx, rival->id, cause));
  }
  if (old.has_value()) {
    return ExecuteOneOrAgain(
        tx,
        "UPDATE displays SET in_force = 1, tls_key_sha256 = $1,"
        " terminal_id = $2, approved_version = $3"
        " WHERE shop_id = $4 AND display_id = $5",
        {Value::Bytes(tls_key), Value::Text(terminal.device_id),
         Value::Int(cause.because->version()), Value::Text(id.shop_id),
         Value::Text(id.device_id)});
  }
  return tx.ExecuteOne(
      "INSERT INTO displays (shop_id, display_id, in_force, tls_key_sha256,"
      " terminal_id, approved_version, session_count)"
      " VALUES ($1, $2, 1, $3, $4, $5, 0)",
      {Value::Text(id.shop_id), Value::Text(id.device_id),
       Value::Bytes(tls_key), Value::Text(terminal.device_id),
       Value::Int(cause.because->version())});
}

absl::Status SqlEnrollmentStore::ApplyClerk(sql::Transaction& tx,
                                            const terminal::v1::Clerk& clerk,
                                            const EndCause& cause) const {
  // New credentials by two admins lift a lock.
  RETURN_IF_ERROR(tx.Execute("DELETE FROM sign_in_guards WHERE guard = $1",
                             {Value::Bytes(deps_.guards.Of(clerk.clerk_id()))})
                      .status());
  ASSIGN_OR_RETURN(const std::optional<ClerkRecord> old,
                   FindClerk(tx, clerk.clerk_id()));
  if (!old.has_value()) {
    return tx.ExecuteOne(
        "INSERT INTO clerks (clerk_id, shop_id, in_force, role, password_hash,"
        " totp_seed, last_totp_step, approved_version)"
        " VALUES ($1, $2, 1, $3, $4, $5, 0, $6)",
        {Value::Text(clerk.clerk_id()), Value::Text(clerk.shop_id()),
         Value::Int(clerk.role()), Value::Text(clerk.password_hash()),
         Value::Bytes(clerk.totp_seed()),
         Value::Int(cause.because->version())});
  }
  // last_totp_step stays: a step counts once per clerk, whatever the seed.
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE clerks SET shop_id = $1, in_force = 1, role = $2,"
      " password_hash = $3, totp_seed = $4, approved_version = $5"
      " WHERE clerk_id = $6",
      {Value::Text(clerk.shop_id()), Value::Int(clerk.role()),
       Value::Text(clerk.password_hash()), Value::Bytes(clerk.totp_seed()),
       Value::Int(cause.because->version()), Value::Text(clerk.clerk_id())}));
  if (!old->in_force) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<ShiftRecord> shifts,
                   OpenShiftsOfClerk(tx, clerk.clerk_id()));
  RETURN_IF_ERROR(endings_.EndShifts(tx, shifts, cause));
  return endings_.Tell(tx, terminal::v1::END_KIND_CLERK, clerk.clerk_id(),
                       cause.end, cause.now);
}

absl::Status SqlEnrollmentStore::EndDisplay(sql::Transaction& tx,
                                            const DeviceId& display,
                                            const EndCause& cause) const {
  ASSIGN_OR_RETURN(const std::optional<SessionRecord> session,
                   FindOpenSessionOfDisplay(tx, display));
  if (session.has_value()) {
    RETURN_IF_ERROR(endings_.EndSession(tx, *session, cause));
  }
  return endings_.Tell(tx, terminal::v1::END_KIND_DISPLAY, display.Path(),
                       cause.end, cause.now);
}

absl::Status SqlEnrollmentStore::Withdraw(sql::Transaction& tx,
                                          const SubjectRecord& record,
                                          const EndCause& cause) const {
  RETURN_IF_ERROR(Unpin(tx, record.kind, record.subject_id));
  switch (record.kind) {
    case SubjectKind::SUBJECT_KIND_SHOP: {
      RETURN_IF_ERROR(ExecuteOneOrAgain(
          tx, "UPDATE shops SET in_force = 0 WHERE shop_id = $1",
          {Value::Text(record.subject_id)}));
      ASSIGN_OR_RETURN(const std::vector<ShiftRecord> shifts,
                       OpenShiftsOfShop(tx, record.subject_id));
      RETURN_IF_ERROR(endings_.EndShifts(tx, shifts, cause));
      return endings_.Tell(tx, terminal::v1::END_KIND_SHOP, record.subject_id,
                           cause.end, cause.now);
    }
    case SubjectKind::SUBJECT_KIND_TERMINAL: {
      const DeviceId id = DeviceOf(record);
      RETURN_IF_ERROR(ExecuteOneOrAgain(
          tx,
          "UPDATE terminals SET in_force = 0"
          " WHERE shop_id = $1 AND terminal_id = $2",
          {Value::Text(id.shop_id), Value::Text(id.device_id)}));
      ASSIGN_OR_RETURN(const std::optional<ShiftRecord> shift,
                       FindOpenShiftAt(tx, id));
      if (shift.has_value()) {
        RETURN_IF_ERROR(endings_.EndShift(tx, *shift, cause));
      }
      return endings_.Tell(tx, terminal::v1::END_KIND_TERMINAL, id.Path(),
                           cause.end, cause.now);
    }
    case SubjectKind::SUBJECT_KIND_DISPLAY: {
      const DeviceId id = DeviceOf(record);
      RETURN_IF_ERROR(
          ExecuteOneOrAgain(tx,
                            "UPDATE displays SET in_force = 0, terminal_id = $1"
                            " WHERE shop_id = $2 AND display_id = $3",
                            {Value::NullText(), Value::Text(id.shop_id),
                             Value::Text(id.device_id)}));
      return EndDisplay(tx, id, cause);
    }
    default: {
      RETURN_IF_ERROR(ExecuteOneOrAgain(
          tx, "UPDATE clerks SET in_force = 0 WHERE clerk_id = $1",
          {Value::Text(record.subject_id)}));
      ASSIGN_OR_RETURN(const std::vector<ShiftRecord> shifts,
                       OpenShiftsOfClerk(tx, record.subject_id));
      RETURN_IF_ERROR(endings_.EndShifts(tx, shifts, cause));
      return endings_.Tell(tx, terminal::v1::END_KIND_CLERK, record.subject_id,
                           cause.end, cause.now);
    }
  }
}

EnrollmentStore::Result<std::vector<SubjectRecord>> SqlEnrollmentStore::List(
    SubjectKind kind, const ListPosition& after, int limit) {
  co_return co_await deps_.database.ReadValue([&](sql::Snapshot& snapshot) {
    return ListProposals(snapshot, kind, after, limit);
  });
}

EnrollmentStore::Result<std::vector<std::optional<absl::Time>>>
SqlEnrollmentStore::LockedUntil(const std::vector<std::string>& clerk_ids) {
  using Locks = std::vector<std::optional<absl::Time>>;
  co_return co_await deps_.database.ReadValue(
      [&](sql::Snapshot& snapshot) -> absl::StatusOr<Locks> {
        Locks locks;
        for (const std::string& clerk_id : clerk_ids) {
          ASSIGN_OR_RETURN(const GuardRow guard,
                           FindGuard(snapshot, deps_.guards.Of(clerk_id)));
          locks.push_back(guard.failures.locked_until());
        }
        return locks;
      });
}

EnrollmentStore::Result<std::vector<terminal::v1::Shop>>
SqlEnrollmentStore::ListShops() {
  using Shops = std::vector<terminal::v1::Shop>;
  co_return co_await deps_.database.ReadValue(
      [](sql::Snapshot& snapshot) -> absl::StatusOr<Shops> {
        ASSIGN_OR_RETURN(
            const sql::Rows rows,
            snapshot.Query("SELECT content FROM shops WHERE in_force = 1"
                           " ORDER BY shop_id",
                           {}));
        Shops shops;
        for (const Row& row : rows) {
          if (!shops.emplace_back().ParseFromString(row.Bytes(0))) {
            return MakeError(Reason::INTERNAL_ERROR,
                             "stored shop does not parse");
          }
        }
        return shops;
      });
}

}  // namespace shiming::terminal_session

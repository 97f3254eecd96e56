#include "services/terminal_session/store/sql_sign_in_store.h"

#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "services/terminal_session/core/event_drafts.h"
#include "services/terminal_session/store/request_key.h"
#include "services/terminal_session/store/rows.h"

namespace shiming::terminal_session {
namespace {

using sql::Value;

Value OptionalTime(const std::optional<absl::Time>& time) {
  return time.has_value() ? Value::Int(ToMicros(*time)) : Value::NullInt();
}

// What the new shift stands on.
std::vector<EventId> After(const TerminalRecord& terminal,
                           const ClerkRecord& clerk) {
  return {OwnEvent(SubjectAggregate(SubjectKind::SUBJECT_KIND_TERMINAL,
                                    terminal.id.Path()),
                   terminal.approved_version),
          OwnEvent(
              SubjectAggregate(SubjectKind::SUBJECT_KIND_CLERK, clerk.clerk_id),
              clerk.approved_version)};
}

}  // namespace

SignInStore::Result<SignInFacts> SqlSignInStore::Load(
    const Mutation& mutation, const DeviceId& terminal,
    const std::string& clerk_id, const std::string& guard) {
  co_return co_await deps_.database.ReadValue(
      [&](sql::Snapshot& snapshot) -> absl::StatusOr<SignInFacts> {
        SignInFacts facts;
        ASSIGN_OR_RETURN(const std::optional<std::string> earlier,
                         deps_.requests.Find(snapshot, KeyOf(mutation),
                                             mutation.content_hash));
        if (earlier.has_value()) {
          ASSIGN_OR_RETURN(facts.earlier,
                           FindShift(snapshot, terminal.shop_id, *earlier));
        }
        ASSIGN_OR_RETURN(facts.terminal, FindTerminal(snapshot, terminal));
        ASSIGN_OR_RETURN(facts.shop, FindShop(snapshot, terminal.shop_id));
        ASSIGN_OR_RETURN(facts.clerk, FindClerk(snapshot, clerk_id));
        ASSIGN_OR_RETURN(GuardRow row, FindGuard(snapshot, guard));
        facts.failures = std::move(row.failures);
        return facts;
      });
}

SignInStore::Result<ShiftRecord> SqlSignInStore::Open(
    const OpenShift& command) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) { return OpenIn(tx, command); });
}

absl::StatusOr<ShiftRecord> SqlSignInStore::OpenIn(
    sql::Transaction& tx, const OpenShift& command) const {
  const Mutation& mutation = command.mutation;
  const DeviceId& terminal_id = command.terminal.device;
  ASSIGN_OR_RETURN(
      const std::optional<std::string> earlier,
      deps_.requests.Claim(tx, KeyOf(mutation), mutation.content_hash,
                           command.shift_id));
  if (earlier.has_value()) {
    // The same request at the same time: the other one has opened it.
    ASSIGN_OR_RETURN(const std::optional<ShiftRecord> shift,
                     FindShift(tx, terminal_id.shop_id, *earlier));
    if (!shift.has_value()) {
      return MakeError(Reason::INTERNAL_ERROR, "a shift is missing");
    }
    return *shift;
  }
  ASSIGN_OR_RETURN(const TerminalRecord terminal, HoldPlace(tx, command));
  ASSIGN_OR_RETURN(const ClerkRecord clerk, UseTotpStep(tx, command));
  RETURN_IF_ERROR(tx.Execute("DELETE FROM sign_in_guards WHERE guard = $1",
                             {Value::Bytes(command.guard)})
                      .status());

  std::vector<EventId> after = After(terminal, clerk);
  ASSIGN_OR_RETURN(const std::optional<ShiftRecord> older,
                   FindOpenShiftAt(tx, terminal_id));
  if (older.has_value()) {
    const bool timed_out = mutation.now >= older->expire_time;
    RETURN_IF_ERROR(endings_.EndShift(
        tx, *older,
        {.end = timed_out ? SessionEnd::SESSION_END_TIMED_OUT
                          : SessionEnd::SESSION_END_SHIFT_ENDED,
         .now = mutation.now,
         .trace_id = mutation.trace_id}));
    // SHIFT_CLOSED of the older one, its second and last event.
    after.push_back(OwnEvent(ShiftAggregate(older->shift_id), 2));
  }
  const ShiftRecord shift = {
      .shift_id = command.shift_id,
      .terminal = terminal_id,
      .clerk_id = clerk.clerk_id,
      .role = clerk.role,
      .terminal_key_sha256 = command.terminal.key_sha256,
      .evidence_public_key = terminal.evidence_public_key,
      .open = true,
      .open_time = mutation.now,
      .expire_time = mutation.now + command.shift_time,
  };
  RETURN_IF_ERROR(InsertShift(tx, shift));
  RETURN_IF_ERROR(
      deps_.outbox
          .Add(tx, ShiftOpened(shift, std::move(after), mutation.trace_id))
          .status());
  return shift;
}

absl::StatusOr<TerminalRecord> SqlSignInStore::HoldPlace(
    sql::Transaction& tx, const OpenShift& command) const {
  const DeviceId& id = command.terminal.device;
  ASSIGN_OR_RETURN(const int64_t shops,
                   tx.Execute("UPDATE shops SET sign_in_count ="
                              " sign_in_count + 1"
                              " WHERE shop_id = $1 AND in_force = 1",
                              {Value::Text(id.shop_id)}));
  if (shops != 1) {
    return MakeError(Reason::SHOP_NOT_IN_FORCE, "shop not in force");
  }
  ASSIGN_OR_RETURN(
      const int64_t terminals,
      tx.Execute("UPDATE terminals SET shift_count = shift_count + 1"
                 " WHERE shop_id = $1 AND terminal_id = $2 AND in_force = 1",
                 {Value::Text(id.shop_id), Value::Text(id.device_id)}));
  if (terminals != 1) {
    return MakeError(Reason::TERMINAL_NOT_ENROLLED, "terminal not in force");
  }
  ASSIGN_OR_RETURN(const std::optional<TerminalRecord> terminal,
                   FindTerminal(tx, id));
  if (terminal->tls_key_sha256 != command.terminal.key_sha256) {
    return MakeError(Reason::KEY_NOT_PINNED, "not the terminal's TLS key");
  }
  // Guesses that were checked at the same time may have locked the clerk.
  ASSIGN_OR_RETURN(const GuardRow guard, FindGuard(tx, command.guard));
  if (guard.failures.IsLocked(command.mutation.now)) {
    return MakeError(
        Reason::CLERK_LOCKED, "locked by failed sign-ins",
        {.retry_delay = *guard.failures.locked_until() - command.mutation.now});
  }
  return *terminal;
}

absl::StatusOr<ClerkRecord> SqlSignInStore::UseTotpStep(
    sql::Transaction& tx, const OpenShift& command) const {
  ASSIGN_OR_RETURN(const std::optional<ClerkRecord> clerk,
                   FindClerk(tx, command.clerk_id));
  if (!clerk.has_value() || !clerk->in_force) {
    return MakeError(Reason::CLERK_REVOKED, "clerk not in force");
  }
  // New credentials since the check: the old ones must not open a shift.
  if (clerk->password_hash != command.password_hash) {
    return MakeError(Reason::LOST_RACE, "credentials have just changed");
  }
  if (command.totp_step <= clerk->last_totp_step) {
    return MakeError(Reason::TOTP_USED, "this step or a newer one was used",
                     {.field = "totp"});
  }
  RETURN_IF_ERROR(ExecuteOneOrAgain(
      tx,
      "UPDATE clerks SET last_totp_step = $1"
      " WHERE clerk_id = $2 AND last_totp_step = $3 AND in_force = 1"
      " AND password_hash = $4",
      {Value::Int(command.totp_step), Value::Text(command.clerk_id),
       Value::Int(clerk->last_totp_step), Value::Text(command.password_hash)}));
  return *clerk;
}

absl::Status SqlSignInStore::InsertShift(sql::Transaction& tx,
                                         const ShiftRecord& shift) const {
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      tx.InsertIgnore(
          "INSERT INTO open_shifts (shop_id, terminal_id, shift_id, clerk_id,"
          " expire_us) VALUES ($1, $2, $3, $4, $5)",
          {Value::Text(shift.terminal.shop_id),
           Value::Text(shift.terminal.device_id), Value::Text(shift.shift_id),
           Value::Text(shift.clerk_id),
           Value::Int(ToMicros(shift.expire_time))}));
  if (inserted != 1) return sql::RunAgain("another shift was opened here");
  return tx.ExecuteOne(
      "INSERT INTO shifts (shop_id, shift_id, terminal_id, clerk_id, role,"
      " terminal_key_sha256, evidence_public_key, is_open, open_us, expire_us,"
      " shift_end, session_count)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, 0, 0)",
      {Value::Text(shift.terminal.shop_id), Value::Text(shift.shift_id),
       Value::Text(shift.terminal.device_id), Value::Text(shift.clerk_id),
       Value::Int(shift.role), Value::Bytes(shift.terminal_key_sha256),
       Value::Bytes(shift.evidence_public_key),
       Value::Int(ToMicros(shift.open_time)),
       Value::Int(ToMicros(shift.expire_time))});
}

SignInStore::Result<bool> SqlSignInStore::RecordFailure(
    const FailedSignIn& failure) {
  co_return co_await deps_.database.WriteValue(
      [&](sql::Transaction& tx) { return RecordFailureIn(tx, failure); });
}

absl::StatusOr<bool> SqlSignInStore::RecordFailureIn(
    sql::Transaction& tx, const FailedSignIn& failure) const {
  ASSIGN_OR_RETURN(GuardRow row, FindGuard(tx, failure.guard));
  const bool locked = row.failures.Add(failure.now, failure.policy);
  if (row.version == 0) {
    ASSIGN_OR_RETURN(
        const int64_t inserted,
        tx.InsertIgnore("INSERT INTO sign_in_guards (guard, failures,"
                        " locked_until_us, changed_us, version)"
                        " VALUES ($1, $2, $3, $4, 1)",
                        {Value::Bytes(failure.guard),
                         Value::Bytes(row.failures.Serialize()),
                         OptionalTime(row.failures.locked_until()),
                         Value::Int(ToMicros(failure.now))}));
    if (inserted != 1) return sql::RunAgain("another failure came first");
  } else {
    RETURN_IF_ERROR(ExecuteOneOrAgain(
        tx,
        "UPDATE sign_in_guards SET failures = $1, locked_until_us = $2,"
        " changed_us = $3, version = version + 1"
        " WHERE guard = $4 AND version = $5",
        {Value::Bytes(row.failures.Serialize()),
         OptionalTime(row.failures.locked_until()),
         Value::Int(ToMicros(failure.now)), Value::Bytes(failure.guard),
         Value::Int(row.version)}));
  }
  if (locked && failure.clerk_id.has_value()) {
    RETURN_IF_ERROR(
        deps_.outbox
            .Add(tx, ClerkLocked(*failure.clerk_id, failure.terminal,
                                 failure.trace_id))
            .status());
  }
  return locked;
}

}  // namespace shiming::terminal_session

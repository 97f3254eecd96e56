#include "services/terminal_session/core/sign_in_desk.h"

#include <optional>
#include <utility>

#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/core/judgements.h"
#include "services/terminal_session/core/totp_check.h"

namespace shiming::terminal_session {
namespace {

absl::Status Locked(absl::Time locked_until, absl::Time now) {
  return MakeError(Reason::CLERK_LOCKED, "locked by failed sign-ins",
                   {.retry_delay = locked_until - now});
}

}  // namespace

boost::asio::awaitable<absl::StatusOr<SignedIn>> SignInDesk::SignIn(
    SignInAttempt attempt) {
  absl::StatusOr<SignedIn> result = co_await TrySignIn(attempt);
  deps_.metrics.CountSignIn(result.status());
  // The terminal's older shift may have ended.
  if (result.ok()) deps_.after_commit.end();
  co_return result;
}

boost::asio::awaitable<absl::StatusOr<SignedIn>> SignInDesk::TrySignIn(
    const SignInAttempt& attempt) {
  const absl::Time now = attempt.mutation.now;
  const std::string guard = deps_.guards.Of(attempt.clerk_id);
  CO_ASSIGN_OR_RETURN(
      const SignInFacts facts,
      co_await deps_.store.Load(attempt.mutation, attempt.terminal.device,
                                attempt.clerk_id, guard));
  CO_RETURN_IF_ERROR(JudgePlace(facts.terminal, facts.shop, attempt.terminal,
                                attempt.address, now));
  if (facts.failures.IsLocked(now)) {
    co_return Locked(*facts.failures.locked_until(), now);
  }
  CO_ASSIGN_OR_RETURN(const std::optional<int64_t> step,
                      co_await CheckCredentials(attempt, facts));
  if (!step.has_value()) co_return co_await Refuse(attempt, facts, guard);

  // Only who knows the credentials learns more than "refused".
  if (!facts.clerk->in_force) {
    co_return MakeError(Reason::CLERK_REVOKED, "clerk not in force");
  }
  if (facts.clerk->shop_id != attempt.terminal.device.shop_id) {
    co_return MakeError(Reason::CLERK_OF_OTHER_SHOP, "clerk of another shop");
  }
  ShiftRecord shift;
  if (facts.earlier.has_value()) {
    CO_RETURN_IF_ERROR(JudgeShift(facts.earlier, attempt.terminal.device, now));
    shift = *facts.earlier;
  } else {
    const OpenShift command = {
        .mutation = attempt.mutation,
        .terminal = attempt.terminal,
        .clerk_id = attempt.clerk_id,
        .password_hash = facts.clerk->password_hash,
        .totp_step = *step,
        .guard = guard,
        .shift_id = NewId(deps_.random),
        .shift_time = deps_.shift_time,
    };
    CO_ASSIGN_OR_RETURN(shift, co_await deps_.store.Open(command));
    Log(Severity::kInfo, "shift opened",
        {{"shift", shift.shift_id},
         {"terminal", shift.terminal.Path()},
         {"clerk", shift.clerk_id},
         {"trace_id", attempt.mutation.trace_id}});
  }
  SignedIn signed_in;
  signed_in.shift_token =
      deps_.tokens.Make(shift.shift_id, attempt.terminal.key_sha256);
  signed_in.shift = std::move(shift);
  co_return signed_in;
}

boost::asio::awaitable<absl::StatusOr<std::optional<int64_t>>>
SignInDesk::CheckCredentials(const SignInAttempt& attempt,
                             const SignInFacts& facts) {
  const bool known = facts.clerk.has_value();
  CO_ASSIGN_OR_RETURN(
      const bool password_matches,
      co_await deps_.passwords.Verify(
          known ? facts.clerk->password_hash : deps_.dummy.password_hash,
          attempt.password.Copy()));
  CO_ASSIGN_OR_RETURN(
      const crypto::Secret seed,
      deps_.credentials.Open(known ? facts.clerk->clerk_id : "",
                             known ? facts.clerk->sealed_totp_seed
                                   : deps_.dummy.sealed_totp_seed));
  std::optional<int64_t> step =
      MatchTotp(seed, attempt.totp, attempt.mutation.now);
  // A repeat may come when its code is old; its content hash holds the code.
  if (known && facts.earlier.has_value()) step = facts.clerk->last_totp_step;
  if (!known || !password_matches) step.reset();
  co_return step;
}

boost::asio::awaitable<absl::Status> SignInDesk::Refuse(
    const SignInAttempt& attempt, const SignInFacts& facts, std::string guard) {
  FailedSignIn failure = {
      .guard = std::move(guard),
      .terminal = attempt.terminal.device,
      .trace_id = attempt.mutation.trace_id,
      .now = attempt.mutation.now,
      .policy = deps_.lock_policy,
  };
  if (facts.clerk.has_value()) failure.clerk_id = facts.clerk->clerk_id;
  CO_ASSIGN_OR_RETURN(const bool locked,
                      co_await deps_.store.RecordFailure(failure));
  if (locked) {
    deps_.after_commit.event();
    deps_.metrics.clerks_locked.Increment();
    Log(Severity::kWarning, "sign-ins locked",
        {{"terminal", attempt.terminal.device.Path()},
         {"clerk", facts.clerk.has_value() ? attempt.clerk_id : "unknown"},
         {"trace_id", attempt.mutation.trace_id}});
  }
  co_return MakeError(Reason::SIGN_IN_REFUSED, "wrong credentials");
}

}  // namespace shiming::terminal_session

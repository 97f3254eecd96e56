#include "services/terminal_session/core/session_desk.h"

#include "common/crypto/digest.h"
#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/core/judgements.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kNonceBytes = 32;

absl::Status InvalidToken() {
  return MakeError(Reason::SHIFT_TOKEN_INVALID, "no shift token of ours",
                   {.field = "shift_token"});
}

}  // namespace

SessionDesk::Result<std::string> SessionDesk::ShiftOf(
    const TerminalCall& call) {
  const std::optional<std::string> shift_id =
      ShiftTokens::ShiftIdOf(call.shift_token);
  if (!shift_id.has_value()) co_return InvalidToken();
  if (deps_.tokens.IsFor(call.shift_token, call.terminal.key_sha256)) {
    co_return *shift_id;
  }
  co_return co_await RefuseForeignToken(call, *shift_id);
}

boost::asio::awaitable<absl::Status> SessionDesk::RefuseForeignToken(
    const TerminalCall& call, const std::string& shift_id) {
  CO_ASSIGN_OR_RETURN(const std::optional<ShiftRecord> shift,
                      co_await deps_.store.FindShift(shift_id));
  // Only a genuine token may end a shift: a made-up one that merely names it
  // must not.
  if (!shift.has_value() ||
      !deps_.tokens.IsFor(call.shift_token, shift->terminal_key_sha256)) {
    co_return InvalidToken();
  }
  deps_.metrics.tokens_misused.Increment();
  Log(Severity::kError, "shift token used from another key",
      {{"shift", shift_id},
       {"terminal", shift->terminal.Path()},
       {"peer", call.terminal.device.Path()},
       {"trace_id", call.mutation.trace_id}});
  CO_ASSIGN_OR_RETURN(const bool ended,
                      co_await deps_.store.EndShift(
                          *shift, SessionEnd::SESSION_END_TOKEN_MISUSED,
                          call.mutation.trace_id, call.mutation.now));
  if (ended) deps_.after_commit.end();
  co_return MakeError(Reason::SHIFT_TOKEN_MISUSED,
                      "the token belongs to another key",
                      {.field = "shift_token"});
}

boost::asio::awaitable<absl::Status> SessionDesk::SignOut(TerminalCall call) {
  CO_ASSIGN_OR_RETURN(std::string shift_id, co_await ShiftOf(call));
  const ShiftCall shift_call = {
      .mutation = call.mutation,
      .terminal = call.terminal.device,
      .shift_id = std::move(shift_id),
  };
  CO_RETURN_IF_ERROR(co_await deps_.store.SignOut(shift_call));
  deps_.after_commit.end();
  co_return absl::OkStatus();
}

SessionDesk::Result<SessionWithNonce> SessionDesk::StartSession(
    TerminalCall call) {
  CO_ASSIGN_OR_RETURN(std::string shift_id, co_await ShiftOf(call));
  const OpenSession command = {
      .call = {.mutation = call.mutation,
               .terminal = call.terminal.device,
               .shift_id = std::move(shift_id)},
      .session_id = NewId(deps_.random),
      .nonce = deps_.random.Bytes(kNonceBytes),
      .session_time = deps_.session_time,
      .nonce_time = deps_.nonce_time,
  };
  CO_ASSIGN_OR_RETURN(SessionWithNonce opened,
                      co_await deps_.store.Open(command));
  deps_.after_commit.event();
  co_return opened;
}

SessionDesk::Result<SessionWithNonce> SessionDesk::IssueReadNonce(
    TerminalCall call, std::string session_id) {
  CO_ASSIGN_OR_RETURN(std::string shift_id, co_await ShiftOf(call));
  const IssueNonce command = {
      .call = {.mutation = call.mutation,
               .terminal = call.terminal.device,
               .shift_id = std::move(shift_id)},
      .session_id = std::move(session_id),
      .nonce = deps_.random.Bytes(kNonceBytes),
      .nonce_time = deps_.nonce_time,
  };
  co_return co_await deps_.store.Issue(command);
}

SessionDesk::Result<SessionRecord> SessionDesk::GetSession(
    TerminalCall call, std::string session_id) {
  CO_ASSIGN_OR_RETURN(const std::string shift_id, co_await ShiftOf(call));
  CO_ASSIGN_OR_RETURN(StandingFacts facts,
                      co_await deps_.store.LoadTerminal(call.terminal.device,
                                                        shift_id, session_id));
  CO_RETURN_IF_ERROR(
      JudgeShift(facts.shift, call.terminal.device, call.mutation.now));
  CO_RETURN_IF_ERROR(JudgeSessionOf(facts.session, call.terminal.device));
  co_return *std::move(facts.session);
}

SessionDesk::Result<SessionRecord> SessionDesk::ReadSession(
    DeviceId terminal, std::string session_id) {
  CO_ASSIGN_OR_RETURN(StandingFacts facts, co_await deps_.store.LoadTerminal(
                                               terminal, "", session_id));
  CO_RETURN_IF_ERROR(JudgeSessionOf(facts.session, terminal));
  co_return *std::move(facts.session);
}

SessionDesk::Result<SessionRecord> SessionDesk::CloseSession(
    TerminalCall call, std::string session_id) {
  CO_ASSIGN_OR_RETURN(std::string shift_id, co_await ShiftOf(call));
  const ShiftCall shift_call = {
      .mutation = call.mutation,
      .terminal = call.terminal.device,
      .shift_id = std::move(shift_id),
  };
  CO_ASSIGN_OR_RETURN(SessionRecord session,
                      co_await deps_.store.Close(shift_call, session_id));
  deps_.after_commit.end();
  co_return session;
}

SessionDesk::Result<Standing> SessionDesk::CheckTerminal(
    TerminalCall call, std::string session_id) {
  CO_ASSIGN_OR_RETURN(const std::string shift_id, co_await ShiftOf(call));
  CO_ASSIGN_OR_RETURN(StandingFacts facts,
                      co_await deps_.store.LoadTerminal(call.terminal.device,
                                                        shift_id, session_id));
  CO_RETURN_IF_ERROR(
      JudgeShift(facts.shift, call.terminal.device, call.mutation.now));
  Standing standing;
  if (!session_id.empty()) {
    CO_RETURN_IF_ERROR(JudgeSessionOf(facts.session, call.terminal.device));
    CO_RETURN_IF_ERROR(JudgeSessionOpen(*facts.session, call.mutation.now));
    if (facts.session->shift_id != shift_id) {
      co_return MakeError(Reason::SESSION_NOT_OPEN, "session of another shift");
    }
    standing.session = *std::move(facts.session);
    standing.display = standing.session->display();
  } else if (facts.display.has_value()) {
    standing.display = facts.display->id;
  }
  standing.shift = *std::move(facts.shift);
  standing.region = std::move(facts.region);
  co_return standing;
}

SessionDesk::Result<Standing> SessionDesk::CheckDisplay(DevicePeer display,
                                                        std::string session_id,
                                                        absl::Time now) {
  CO_ASSIGN_OR_RETURN(StandingFacts facts, co_await deps_.store.LoadDisplay(
                                               display.device, session_id));
  CO_RETURN_IF_ERROR(JudgeDisplay(facts.display, display));
  CO_RETURN_IF_ERROR(
      JudgeDisplaySession(facts.session, facts.shift, display.device, now));
  Standing standing;
  standing.shift = *std::move(facts.shift);
  standing.session = std::move(facts.session);
  standing.region = std::move(facts.region);
  standing.display = display.device;
  co_return standing;
}

boost::asio::awaitable<absl::Status> SessionDesk::ConsumeReadNonce(
    std::string session_id, std::string nonce, std::string evidence_sha256,
    absl::Time now) {
  co_return co_await deps_.store.Consume(session_id, nonce, evidence_sha256,
                                         now);
}

SessionDesk::Result<PermitRecord> SessionDesk::PermitReveal(
    PermitRequest request) {
  const TakePermit command = {
      .display = std::move(request.display),
      .session_id = std::move(request.session_id),
      .order_id = std::move(request.order_id),
      .request_id_sha256 = crypto::Sha256(request.request_id),
      .order_ready = std::move(request.order_ready),
      .permit_id = NewId(deps_.random),
      .trace_id = std::move(request.trace_id),
      .now = request.now,
  };
  absl::StatusOr<PermitRecord> permit = co_await deps_.store.Permit(command);
  deps_.metrics.CountPermit(permit.status());
  // The order waits until the ledger has sequenced it.
  if (permit.ok()) deps_.after_commit.event();
  co_return permit;
}

}  // namespace shiming::terminal_session

#include "services/terminal_session/terminal_session_service.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/terminal_session/core/proposal.h"
#include "services/terminal_session/resource_mapping.h"

namespace shiming::terminal_session {
namespace {

// The proto promises 128 characters; a character of UTF-8 has at most 4 bytes.
constexpr size_t kMaxPasswordBytes = size_t{4} * 128;
constexpr size_t kTotpDigits = 6;

absl::Status CheckSignIn(const terminal::v1::SignInRequest& request) {
  if (!IsChosenId(request.clerk_id())) {
    return MakeError(request.clerk_id().empty() ? Reason::FIELD_REQUIRED
                                                : Reason::INVALID_REQUEST,
                     "no clerk id", {.field = "clerk_id"});
  }
  if (request.password().empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "password is missing",
                     {.field = "password"});
  }
  if (request.password().size() > kMaxPasswordBytes) {
    return MakeError(Reason::FIELD_TOO_LONG, "password is too long",
                     {.field = "password"});
  }
  const std::string& totp = request.totp();
  if (totp.size() != kTotpDigits ||
      !std::all_of(totp.begin(), totp.end(),
                   [](char c) { return c >= '0' && c <= '9'; })) {
    return MakeError(Reason::INVALID_REQUEST, "not six digits",
                     {.field = "totp"});
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* TerminalSessionServiceRpc::SignIn(
    grpc::CallbackServerContext* context,
    const terminal::v1::SignInRequest* request,
    terminal::v1::SignInResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/SignIn", request,
      response, std::bind_front(&TerminalSessionServiceRpc::DoSignIn, this));
}

grpc::ServerUnaryReactor* TerminalSessionServiceRpc::SignOut(
    grpc::CallbackServerContext* context,
    const terminal::v1::SignOutRequest* request,
    terminal::v1::SignOutResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/SignOut", request,
      response, std::bind_front(&TerminalSessionServiceRpc::DoSignOut, this));
}

grpc::ServerUnaryReactor* TerminalSessionServiceRpc::StartSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::StartSessionRequest* request,
    terminal::v1::StartSessionResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/StartSession",
      request, response,
      std::bind_front(&TerminalSessionServiceRpc::DoStartSession, this));
}

grpc::ServerUnaryReactor* TerminalSessionServiceRpc::IssueReadNonce(
    grpc::CallbackServerContext* context,
    const terminal::v1::IssueReadNonceRequest* request,
    terminal::v1::IssueReadNonceResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/IssueReadNonce",
      request, response,
      std::bind_front(&TerminalSessionServiceRpc::DoIssueReadNonce, this));
}

grpc::ServerUnaryReactor* TerminalSessionServiceRpc::GetSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::GetSessionRequest* request,
    terminal::v1::GetSessionResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/GetSession",
      request, response,
      std::bind_front(&TerminalSessionServiceRpc::DoGetSession, this));
}

grpc::ServerUnaryReactor* TerminalSessionServiceRpc::CloseSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::CloseSessionRequest* request,
    terminal::v1::CloseSessionResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/CloseSession",
      request, response,
      std::bind_front(&TerminalSessionServiceRpc::DoCloseSession, this));
}

grpc::ServerWriteReactor<terminal::v1::WatchSessionResponse>*
TerminalSessionServiceRpc::WatchSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::WatchSessionRequest* request) {
  return deps_.dispatcher.Stream<terminal::v1::WatchSessionRequest,
                                 terminal::v1::WatchSessionResponse>(
      context, "/shiming.terminal.v1.TerminalSessionService/WatchSession",
      request,
      std::bind_front(&TerminalSessionServiceRpc::DoWatchSession, this));
}

boost::asio::awaitable<absl::Status> TerminalSessionServiceRpc::DoSignIn(
    const rpc::Call& call, const terminal::v1::SignInRequest& request,
    terminal::v1::SignInResponse* response) {
  CO_RETURN_IF_ERROR(CheckSignIn(request));
  // The password is checked each time and never hashed into a stored value
  // that could be guessed at speed.
  terminal::v1::SignInRequest content;
  content.set_clerk_id(request.clerk_id());
  content.set_totp(request.totp());
  CO_ASSIGN_OR_RETURN(
      Mutation mutation,
      deps_.context.MutationOf(call, request.request_id(), content));
  SignInAttempt attempt = {
      .mutation = std::move(mutation),
      .terminal = DeviceOf(call.peer),
      .address = call.address,
      .clerk_id = request.clerk_id(),
      .password = crypto::Secret(request.password()),
      .totp = request.totp(),
  };
  CO_ASSIGN_OR_RETURN(const SignedIn signed_in,
                      co_await deps_.sign_in.SignIn(std::move(attempt)));
  *response->mutable_shift() = ToMessage(signed_in.shift);
  response->set_shift_token(signed_in.shift_token);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalSessionServiceRpc::DoSignOut(
    const rpc::Call& call, const terminal::v1::SignOutRequest& request,
    terminal::v1::SignOutResponse*) {
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.MutatingCall(call, request));
  co_return co_await deps_.sessions.SignOut(std::move(terminal_call));
}

boost::asio::awaitable<absl::Status> TerminalSessionServiceRpc::DoStartSession(
    const rpc::Call& call, const terminal::v1::StartSessionRequest& request,
    terminal::v1::StartSessionResponse* response) {
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.MutatingCall(call, request));
  CO_ASSIGN_OR_RETURN(
      const SessionWithNonce started,
      co_await deps_.sessions.StartSession(std::move(terminal_call)));
  *response->mutable_session() = ToMessage(started.session);
  if (started.nonce.has_value()) {
    *response->mutable_read_nonce() = ToMessage(*started.nonce);
  }
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status>
TerminalSessionServiceRpc::DoIssueReadNonce(
    const rpc::Call& call, const terminal::v1::IssueReadNonceRequest& request,
    terminal::v1::IssueReadNonceResponse* response) {
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.MutatingCall(call, request));
  CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  CO_ASSIGN_OR_RETURN(const SessionWithNonce issued,
                      co_await deps_.sessions.IssueReadNonce(
                          std::move(terminal_call), request.session_id()));
  if (issued.nonce.has_value()) {
    *response->mutable_read_nonce() = ToMessage(*issued.nonce);
  }
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalSessionServiceRpc::DoGetSession(
    const rpc::Call& call, const terminal::v1::GetSessionRequest& request,
    terminal::v1::GetSessionResponse* response) {
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.ReadingCall(call, request.shift_token()));
  CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  CO_ASSIGN_OR_RETURN(const SessionRecord session,
                      co_await deps_.sessions.GetSession(
                          std::move(terminal_call), request.session_id()));
  *response->mutable_session() = ToMessage(session);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalSessionServiceRpc::DoCloseSession(
    const rpc::Call& call, const terminal::v1::CloseSessionRequest& request,
    terminal::v1::CloseSessionResponse* response) {
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.MutatingCall(call, request));
  CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  CO_ASSIGN_OR_RETURN(const SessionRecord session,
                      co_await deps_.sessions.CloseSession(
                          std::move(terminal_call), request.session_id()));
  *response->mutable_session() = ToMessage(session);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalSessionServiceRpc::DoWatchSession(
    const rpc::Call& call, const terminal::v1::WatchSessionRequest& request,
    rpc::StreamWriter<terminal::v1::WatchSessionResponse>& writer) {
  CO_ASSIGN_OR_RETURN(TerminalCall terminal_call,
                      deps_.context.ReadingCall(call, request.shift_token()));
  CO_RETURN_IF_ERROR(CheckId(request.session_id(), "session_id"));
  const std::string session_id = request.session_id();
  const DeviceId terminal = terminal_call.terminal.device;
  // From before the first look on, so that no end falls between.
  const auto signal = writer.signal();
  const auto subscription =
      deps_.ends.SubscribeSession(session_id, [signal] { signal->Wake(); });
  CO_ASSIGN_OR_RETURN(
      SessionRecord session,
      co_await deps_.sessions.GetSession(std::move(terminal_call), session_id));
  while (true) {
    terminal::v1::WatchSessionResponse message;
    *message.mutable_session() = ToMessage(session);
    if (!co_await writer.Write(message)) co_return absl::OkStatus();
    if (session.state != SessionState::SESSION_STATE_OPEN) {
      co_return absl::OkStatus();
    }
    while (session.state == SessionState::SESSION_STATE_OPEN) {
      co_await writer.Wait(absl::InfiniteDuration());
      if (writer.cancelled()) co_return absl::OkStatus();
      CO_ASSIGN_OR_RETURN(
          session, co_await deps_.sessions.ReadSession(terminal, session_id));
    }
  }
}

}  // namespace shiming::terminal_session

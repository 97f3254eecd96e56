#include "tests/bench/null/terminal_session.h"

#include <string>

#include "common/crypto/random.h"
#include "common/ids/ids.h"
#include "common/status/status_macros.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;

// A DER key of P-256 has 91 bytes.
constexpr size_t kKeyBytes = 91;
constexpr size_t kNonceBytes = 32;

}  // namespace

grpc::ServerUnaryReactor* NullTerminalSession::SignIn(
    grpc::CallbackServerContext* context,
    const terminal::v1::SignInRequest* request,
    terminal::v1::SignInResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/SignIn", request,
      response,
      [](const rpc::Call&, const terminal::v1::SignInRequest& asked,
         terminal::v1::SignInResponse* answer) -> awaitable<absl::Status> {
        answer->mutable_shift()->set_clerk_id(asked.clerk_id());
        answer->set_shift_token(NewId(crypto::SystemRandom()));
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullTerminalSession::StartSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::StartSessionRequest* request,
    terminal::v1::StartSessionResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/StartSession",
      request, response,
      [this](const rpc::Call& call, const terminal::v1::StartSessionRequest&,
             terminal::v1::StartSessionResponse* answer)
          -> awaitable<absl::Status> {
        terminal::v1::Session& session = *answer->mutable_session();
        session.set_session_id(NewId(crypto::SystemRandom()));
        session.set_shop_id(call.peer.shop);
        session.set_terminal_id(call.peer.id);
        session.set_display_id(call.peer.id);
        answer->mutable_read_nonce()->set_nonce(std::string(kNonceBytes, 'n'));
        relay_.Add();  // SESSION_OPENED
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullTerminalSession::CloseSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::CloseSessionRequest* request,
    terminal::v1::CloseSessionResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.TerminalSessionService/CloseSession",
      request, response,
      [this](const rpc::Call&, const terminal::v1::CloseSessionRequest& asked,
             terminal::v1::CloseSessionResponse* answer)
          -> awaitable<absl::Status> {
        answer->mutable_session()->set_session_id(asked.session_id());
        relay_.Add();  // SESSION_CLOSED
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullSessionAuthority::CheckSession(
    grpc::CallbackServerContext* context,
    const terminal::v1::CheckSessionRequest* request,
    terminal::v1::CheckSessionResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/CheckSession",
      request, response,
      [](const rpc::Call&, const terminal::v1::CheckSessionRequest& asked,
         terminal::v1::CheckSessionResponse* answer)
          -> awaitable<absl::Status> {
        answer->set_shop_id("bench");
        answer->set_region("11");
        answer->set_clerk_id("clerk");
        answer->set_terminal(asked.peer_spiffe_id());
        answer->set_display(asked.peer_spiffe_id());
        answer->set_evidence_public_key(std::string(kKeyBytes, 'k'));
        answer->set_shift_id(asked.shift_token());
        answer->set_session_id(asked.session_id());
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullSessionAuthority::ConsumeReadNonce(
    grpc::CallbackServerContext* context,
    const terminal::v1::ConsumeReadNonceRequest* request,
    terminal::v1::ConsumeReadNonceResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/ConsumeReadNonce",
      request, response,
      [](const rpc::Call&, const terminal::v1::ConsumeReadNonceRequest&,
         terminal::v1::ConsumeReadNonceResponse*) -> awaitable<absl::Status> {
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullSessionAuthority::PermitReveal(
    grpc::CallbackServerContext* context,
    const terminal::v1::PermitRevealRequest* request,
    terminal::v1::PermitRevealResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.terminal.v1.SessionAuthorityService/PermitReveal",
      request, response,
      [this](const rpc::Call& call, const terminal::v1::PermitRevealRequest&,
             terminal::v1::PermitRevealResponse* answer)
          -> awaitable<absl::Status> {
        CO_RETURN_IF_ERROR(co_await relay_.AppendNow(call.deadline));
        answer->set_permit_id(NewId(crypto::SystemRandom()));
        co_return absl::OkStatus();
      });
}

}  // namespace shiming::bench

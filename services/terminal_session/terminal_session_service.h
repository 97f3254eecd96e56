// gRPC adapter of TerminalSessionService: peer, validation, core, status.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_SERVICE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_SERVICE_H_

#include <boost/asio/awaitable.hpp>

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/stream_writer.h"
#include "services/terminal_session/call_context.h"
#include "services/terminal_session/core/ends_feed.h"
#include "services/terminal_session/core/session_desk.h"
#include "services/terminal_session/core/sign_in_desk.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"

namespace shiming::terminal_session {

class TerminalSessionServiceRpc final
    : public terminal::v1::TerminalSessionService::CallbackService {
 public:
  // All references must outlive the service.
  struct Deps {
    rpc::Dispatcher& dispatcher;
    const CallContext& context;
    SignInDesk& sign_in;
    SessionDesk& sessions;
    EndsFeed& ends;
  };

  explicit TerminalSessionServiceRpc(const Deps& deps) : deps_(deps) {}

  grpc::ServerUnaryReactor* SignIn(
      grpc::CallbackServerContext* context,
      const terminal::v1::SignInRequest* request,
      terminal::v1::SignInResponse* response) override;
  grpc::ServerUnaryReactor* SignOut(
      grpc::CallbackServerContext* context,
      const terminal::v1::SignOutRequest* request,
      terminal::v1::SignOutResponse* response) override;
  grpc::ServerUnaryReactor* StartSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::StartSessionRequest* request,
      terminal::v1::StartSessionResponse* response) override;
  grpc::ServerUnaryReactor* IssueReadNonce(
      grpc::CallbackServerContext* context,
      const terminal::v1::IssueReadNonceRequest* request,
      terminal::v1::IssueReadNonceResponse* response) override;
  grpc::ServerUnaryReactor* GetSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::GetSessionRequest* request,
      terminal::v1::GetSessionResponse* response) override;
  grpc::ServerUnaryReactor* CloseSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::CloseSessionRequest* request,
      terminal::v1::CloseSessionResponse* response) override;
  grpc::ServerWriteReactor<terminal::v1::WatchSessionResponse>* WatchSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::WatchSessionRequest* request) override;

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<absl::Status> DoSignIn(const rpc::Call& call,
                                   const terminal::v1::SignInRequest& request,
                                   terminal::v1::SignInResponse* response);
  Awaitable<absl::Status> DoSignOut(const rpc::Call& call,
                                    const terminal::v1::SignOutRequest& request,
                                    terminal::v1::SignOutResponse* response);
  Awaitable<absl::Status> DoStartSession(
      const rpc::Call& call, const terminal::v1::StartSessionRequest& request,
      terminal::v1::StartSessionResponse* response);
  Awaitable<absl::Status> DoIssueReadNonce(
      const rpc::Call& call, const terminal::v1::IssueReadNonceRequest& request,
      terminal::v1::IssueReadNonceResponse* response);
  Awaitable<absl::Status> DoGetSession(
      const rpc::Call& call, const terminal::v1::GetSessionRequest& request,
      terminal::v1::GetSessionResponse* response);
  Awaitable<absl::Status> DoCloseSession(
      const rpc::Call& call, const terminal::v1::CloseSessionRequest& request,
      terminal::v1::CloseSessionResponse* response);
  Awaitable<absl::Status> DoWatchSession(
      const rpc::Call& call, const terminal::v1::WatchSessionRequest& request,
      rpc::StreamWriter<terminal::v1::WatchSessionResponse>& writer);

  const Deps deps_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_SESSION_SERVICE_H_

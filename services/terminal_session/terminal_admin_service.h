// gRPC adapter of TerminalAdminService: peer, validation, core, status.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_ADMIN_SERVICE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_ADMIN_SERVICE_H_

#include <boost/asio/awaitable.hpp>

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/dispatcher.h"
#include "services/terminal_session/call_context.h"
#include "services/terminal_session/core/enrollment.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"

namespace shiming::terminal_session {

class TerminalAdminServiceRpc final
    : public terminal::v1::TerminalAdminService::CallbackService {
 public:
  // All references must outlive the service.
  struct Deps {
    rpc::Dispatcher& dispatcher;
    const CallContext& context;
    Enrollment& enrollment;
  };

  explicit TerminalAdminServiceRpc(const Deps& deps) : deps_(deps) {}

  grpc::ServerUnaryReactor* Propose(
      grpc::CallbackServerContext* context,
      const terminal::v1::ProposeRequest* request,
      terminal::v1::ProposeResponse* response) override;
  grpc::ServerUnaryReactor* Approve(
      grpc::CallbackServerContext* context,
      const terminal::v1::ApproveRequest* request,
      terminal::v1::ApproveResponse* response) override;
  grpc::ServerUnaryReactor* Revoke(
      grpc::CallbackServerContext* context,
      const terminal::v1::RevokeRequest* request,
      terminal::v1::RevokeResponse* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const terminal::v1::ListRequest* request,
                                 terminal::v1::ListResponse* response) override;

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<absl::Status> DoPropose(const rpc::Call& call,
                                    const terminal::v1::ProposeRequest& request,
                                    terminal::v1::ProposeResponse* response);
  Awaitable<absl::Status> DoApprove(const rpc::Call& call,
                                    const terminal::v1::ApproveRequest& request,
                                    terminal::v1::ApproveResponse* response);
  Awaitable<absl::Status> DoRevoke(const rpc::Call& call,
                                   const terminal::v1::RevokeRequest& request,
                                   terminal::v1::RevokeResponse* response);
  Awaitable<absl::Status> DoList(const rpc::Call& call,
                                 const terminal::v1::ListRequest& request,
                                 terminal::v1::ListResponse* response);

  const Deps deps_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_TERMINAL_ADMIN_SERVICE_H_

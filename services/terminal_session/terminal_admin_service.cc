#include "services/terminal_session/terminal_admin_service.h"

#include <functional>
#include <string>
#include <utility>

#include "common/status/status_macros.h"
#include "services/terminal_session/resource_mapping.h"

namespace shiming::terminal_session {
namespace {

// As admins stand in proposals and events.
std::string AdminOf(const rpc::Call& call) { return "/admin/" + call.peer.id; }

}  // namespace

grpc::ServerUnaryReactor* TerminalAdminServiceRpc::Propose(
    grpc::CallbackServerContext* context,
    const terminal::v1::ProposeRequest* request,
    terminal::v1::ProposeResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalAdminService/Propose", request,
      response, std::bind_front(&TerminalAdminServiceRpc::DoPropose, this));
}

grpc::ServerUnaryReactor* TerminalAdminServiceRpc::Approve(
    grpc::CallbackServerContext* context,
    const terminal::v1::ApproveRequest* request,
    terminal::v1::ApproveResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalAdminService/Approve", request,
      response, std::bind_front(&TerminalAdminServiceRpc::DoApprove, this));
}

grpc::ServerUnaryReactor* TerminalAdminServiceRpc::Revoke(
    grpc::CallbackServerContext* context,
    const terminal::v1::RevokeRequest* request,
    terminal::v1::RevokeResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalAdminService/Revoke", request,
      response, std::bind_front(&TerminalAdminServiceRpc::DoRevoke, this));
}

grpc::ServerUnaryReactor* TerminalAdminServiceRpc::List(
    grpc::CallbackServerContext* context,
    const terminal::v1::ListRequest* request,
    terminal::v1::ListResponse* response) {
  return deps_.dispatcher.Unary(
      context, "/shiming.terminal.v1.TerminalAdminService/List", request,
      response, std::bind_front(&TerminalAdminServiceRpc::DoList, this));
}

boost::asio::awaitable<absl::Status> TerminalAdminServiceRpc::DoPropose(
    const rpc::Call& call, const terminal::v1::ProposeRequest& request,
    terminal::v1::ProposeResponse* response) {
  CO_ASSIGN_OR_RETURN(
      Mutation mutation,
      deps_.context.MutationOf(call, request.request_id(), request));
  CO_ASSIGN_OR_RETURN(
      const SubjectView subject,
      co_await deps_.enrollment.Propose(std::move(mutation), AdminOf(call),
                                        request.content()));
  *response->mutable_subject() = ToMessage(subject);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalAdminServiceRpc::DoApprove(
    const rpc::Call& call, const terminal::v1::ApproveRequest& request,
    terminal::v1::ApproveResponse* response) {
  CO_ASSIGN_OR_RETURN(
      Mutation mutation,
      deps_.context.MutationOf(call, request.request_id(), request));
  CO_ASSIGN_OR_RETURN(
      const SubjectView subject,
      co_await deps_.enrollment.Approve(std::move(mutation), AdminOf(call),
                                        request.digest()));
  *response->mutable_subject() = ToMessage(subject);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalAdminServiceRpc::DoRevoke(
    const rpc::Call& call, const terminal::v1::RevokeRequest& request,
    terminal::v1::RevokeResponse* response) {
  CO_ASSIGN_OR_RETURN(
      Mutation mutation,
      deps_.context.MutationOf(call, request.request_id(), request));
  CO_ASSIGN_OR_RETURN(const SubjectView subject,
                      co_await deps_.enrollment.Revoke(
                          std::move(mutation), AdminOf(call), request.kind(),
                          request.subject_id(), request.why()));
  *response->mutable_subject() = ToMessage(subject);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> TerminalAdminServiceRpc::DoList(
    const rpc::Call&, const terminal::v1::ListRequest& request,
    terminal::v1::ListResponse* response) {
  CO_ASSIGN_OR_RETURN(const SubjectPage page,
                      co_await deps_.enrollment.List(
                          request.kind(), request.page_size(),
                          request.page_token(), deps_.context.Now()));
  for (const SubjectView& subject : page.subjects) {
    *response->add_subjects() = ToMessage(subject);
  }
  response->set_next_page_token(page.next_page_token);
  co_return absl::OkStatus();
}

}  // namespace shiming::terminal_session

#include "services/identity_verification/erasure_service.h"

#include <functional>

#include "common/status/status_macros.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
namespace v1 = identity::v1;

Officer OfficerOf(const rpc::Call& call) {
  Officer officer;
  officer.spiffe_id = call.peer.spiffe_id;
  officer.name = "/officer/" + call.peer.id;
  officer.trace_id = call.trace_id;
  return officer;
}

}  // namespace

grpc::ServerUnaryReactor* ErasureServiceRpc::ProposeErasure(
    grpc::CallbackServerContext* context,
    const v1::ProposeErasureRequest* request,
    v1::ProposeErasureResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.identity.v1.ErasureService/ProposeErasure", request,
      response, std::bind_front(&ErasureServiceRpc::DoPropose, this));
}

grpc::ServerUnaryReactor* ErasureServiceRpc::ApproveErasure(
    grpc::CallbackServerContext* context,
    const v1::ApproveErasureRequest* request,
    v1::ApproveErasureResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.identity.v1.ErasureService/ApproveErasure", request,
      response, std::bind_front(&ErasureServiceRpc::DoApprove, this));
}

grpc::ServerUnaryReactor* ErasureServiceRpc::ListErasures(
    grpc::CallbackServerContext* context,
    const v1::ListErasuresRequest* request,
    v1::ListErasuresResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.identity.v1.ErasureService/ListErasures", request,
      response, std::bind_front(&ErasureServiceRpc::DoList, this));
}

awaitable<absl::Status> ErasureServiceRpc::DoPropose(
    const rpc::Call& call, const v1::ProposeErasureRequest& request,
    v1::ProposeErasureResponse* response) {
  const Officer officer = OfficerOf(call);
  CO_ASSIGN_OR_RETURN(*response->mutable_erasure(),
                      co_await desk_.Propose(officer, request));
  co_return absl::OkStatus();
}

awaitable<absl::Status> ErasureServiceRpc::DoApprove(
    const rpc::Call& call, const v1::ApproveErasureRequest& request,
    v1::ApproveErasureResponse* response) {
  const Officer officer = OfficerOf(call);
  CO_ASSIGN_OR_RETURN(*response->mutable_erasure(),
                      co_await desk_.Approve(officer, request));
  co_return absl::OkStatus();
}

awaitable<absl::Status> ErasureServiceRpc::DoList(
    const rpc::Call&, const v1::ListErasuresRequest& request,
    v1::ListErasuresResponse* response) {
  CO_ASSIGN_OR_RETURN(*response, co_await desk_.List(request));
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* ErasureTaskServiceRpc::ListErasureTasks(
    grpc::CallbackServerContext* context,
    const v1::ListErasureTasksRequest* request,
    v1::ListErasureTasksResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.identity.v1.ErasureTaskService/ListErasureTasks",
      request, response, std::bind_front(&ErasureTaskServiceRpc::DoList, this));
}

grpc::ServerUnaryReactor* ErasureTaskServiceRpc::ReportErasureTask(
    grpc::CallbackServerContext* context,
    const v1::ReportErasureTaskRequest* request,
    v1::ReportErasureTaskResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.identity.v1.ErasureTaskService/ReportErasureTask",
      request, response,
      std::bind_front(&ErasureTaskServiceRpc::DoReport, this));
}

awaitable<absl::Status> ErasureTaskServiceRpc::DoList(
    const rpc::Call&, const v1::ListErasureTasksRequest& request,
    v1::ListErasureTasksResponse* response) {
  CO_ASSIGN_OR_RETURN(*response, co_await eraser_.ListTasks(request));
  co_return absl::OkStatus();
}

awaitable<absl::Status> ErasureTaskServiceRpc::DoReport(
    const rpc::Call&, const v1::ReportErasureTaskRequest& request,
    v1::ReportErasureTaskResponse*) {
  co_return co_await eraser_.Report(request);
}

}  // namespace shiming::identity_verification

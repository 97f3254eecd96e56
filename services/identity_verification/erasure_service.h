// identity.v1 ErasureService and ErasureTaskService over gRPC: in and out, no
// decisions.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_ERASURE_SERVICE_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_ERASURE_SERVICE_H_

#include <boost/asio/awaitable.hpp>

#include "absl/status/status.h"
#include "common/rpc/dispatcher.h"
#include "services/identity_verification/core/eraser.h"
#include "services/identity_verification/core/erasure_desk.h"
#include "shiming/identity/v1/erasure_service.grpc.pb.h"

namespace shiming::identity_verification {

// For officers. Thread-safe.
class ErasureServiceRpc final
    : public identity::v1::ErasureService::CallbackService {
 public:
  // Neither is owned; both outlive the service.
  ErasureServiceRpc(rpc::Dispatcher& dispatcher, ErasureDesk& desk)
      : dispatcher_(dispatcher), desk_(desk) {}

  grpc::ServerUnaryReactor* ProposeErasure(
      grpc::CallbackServerContext* context,
      const identity::v1::ProposeErasureRequest* request,
      identity::v1::ProposeErasureResponse* response) override;
  grpc::ServerUnaryReactor* ApproveErasure(
      grpc::CallbackServerContext* context,
      const identity::v1::ApproveErasureRequest* request,
      identity::v1::ApproveErasureResponse* response) override;
  grpc::ServerUnaryReactor* ListErasures(
      grpc::CallbackServerContext* context,
      const identity::v1::ListErasuresRequest* request,
      identity::v1::ListErasuresResponse* response) override;

 private:
  boost::asio::awaitable<absl::Status> DoPropose(
      const rpc::Call& call, const identity::v1::ProposeErasureRequest& request,
      identity::v1::ProposeErasureResponse* response);
  boost::asio::awaitable<absl::Status> DoApprove(
      const rpc::Call& call, const identity::v1::ApproveErasureRequest& request,
      identity::v1::ApproveErasureResponse* response);
  boost::asio::awaitable<absl::Status> DoList(
      const rpc::Call& call, const identity::v1::ListErasuresRequest& request,
      identity::v1::ListErasuresResponse* response);

  rpc::Dispatcher& dispatcher_;
  ErasureDesk& desk_;
};

// For profile_order. Thread-safe.
class ErasureTaskServiceRpc final
    : public identity::v1::ErasureTaskService::CallbackService {
 public:
  // Neither is owned; both outlive the service.
  ErasureTaskServiceRpc(rpc::Dispatcher& dispatcher, Eraser& eraser)
      : dispatcher_(dispatcher), eraser_(eraser) {}

  grpc::ServerUnaryReactor* ListErasureTasks(
      grpc::CallbackServerContext* context,
      const identity::v1::ListErasureTasksRequest* request,
      identity::v1::ListErasureTasksResponse* response) override;
  grpc::ServerUnaryReactor* ReportErasureTask(
      grpc::CallbackServerContext* context,
      const identity::v1::ReportErasureTaskRequest* request,
      identity::v1::ReportErasureTaskResponse* response) override;

 private:
  boost::asio::awaitable<absl::Status> DoList(
      const rpc::Call& call,
      const identity::v1::ListErasureTasksRequest& request,
      identity::v1::ListErasureTasksResponse* response);
  boost::asio::awaitable<absl::Status> DoReport(
      const rpc::Call& call,
      const identity::v1::ReportErasureTaskRequest& request,
      identity::v1::ReportErasureTaskResponse* response);

  rpc::Dispatcher& dispatcher_;
  Eraser& eraser_;
};

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_ERASURE_SERVICE_H_

#include "services/profile_order/erasure_client.h"

#include <string>
#include <utility>

#include "common/rpc/client.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "common/time/proto_time.h"

namespace shiming::profile_order {
namespace {

namespace v1 = identity::v1;
using Stub = v1::ErasureTaskService::Stub;

// identity_verification destroys a key within a report.
constexpr absl::Duration kCallTime = absl::Seconds(10);

}  // namespace

ErasureClient::ErasureClient(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(channel == nullptr ? nullptr
                               : v1::ErasureTaskService::NewStub(channel)) {}

Awaitable<absl::StatusOr<std::vector<ErasureTask>>> ErasureClient::List(
    int64_t after) {
  std::vector<ErasureTask> tasks;
  if (stub_ == nullptr) co_return tasks;
  v1::ListErasureTasksRequest request;
  request.set_after(after);
  const rpc::CallOptions options{.deadline = absl::Now() + kCallTime};
  CO_ASSIGN_OR_RETURN(const v1::ListErasureTasksResponse response,
                      co_await rpc::Invoke<v1::ListErasureTasksResponse>(
                          *stub_, &Stub::async_interface::ListErasureTasks,
                          std::move(request), options));
  for (const v1::ErasureTask& task : response.tasks()) {
    tasks.push_back({.number = task.task_number(),
                     .person_id = task.person_id(),
                     .kept_since_us = ToMicros(FromProto(task.kept_since()))});
  }
  co_return tasks;
}

Awaitable<absl::Status> ErasureClient::Report(const ErasureTask& task,
                                              const ErasureReport& report) {
  if (stub_ == nullptr) co_return absl::OkStatus();
  v1::ReportErasureTaskRequest request;
  request.set_task_number(task.number);
  if (report.refusal.has_value()) {
    request.set_refused_reason(std::string(NameOf(report.refusal->reason)));
    if (report.refusal->newest_end_us != 0) {
      *request.mutable_newest_end_time() =
          shiming::ToProto(FromMicros(report.refusal->newest_end_us));
    }
  }
  for (const ledger::v1::EventId& id : report.last_events) {
    *request.add_last_events() = id;
  }
  const rpc::CallOptions options{.deadline = absl::Now() + kCallTime};
  const absl::StatusOr<v1::ReportErasureTaskResponse> response =
      co_await rpc::Invoke<v1::ReportErasureTaskResponse>(
          *stub_, &Stub::async_interface::ReportErasureTask, std::move(request),
          options);
  co_return response.status();
}

}  // namespace shiming::profile_order

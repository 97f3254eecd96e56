#include "common/rpc/health_service.h"

#include <functional>
#include <utility>

#include "common/status/reason.h"

namespace shiming::rpc {

HealthService::HealthService(Dispatcher& dispatcher)
    : dispatcher_(dispatcher) {}

void HealthService::SetServices(const std::vector<std::string>& services) {
  std::lock_guard lock(mutex_);
  services_ = {services.begin(), services.end()};
  services_.insert("");
}

void HealthService::SetServing(bool serving) {
  std::lock_guard lock(mutex_);
  // It is set again every second, and every connection may watch.
  if (std::exchange(serving_, serving) == serving) return;
  for (const auto& watcher : watchers_) watcher->Wake();
}

HealthService::Response::ServingStatus HealthService::StatusOf(
    const std::string& service) const {
  std::lock_guard lock(mutex_);
  if (!services_.contains(service)) return Response::SERVICE_UNKNOWN;
  return serving_ ? Response::SERVING : Response::NOT_SERVING;
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const Request* request,
    Response* response) {
  return dispatcher_.Unary(context, "/grpc.health.v1.Health/Check", request,
                           response,
                           std::bind_front(&HealthService::DoCheck, this));
}

grpc::ServerWriteReactor<HealthService::Response>* HealthService::Watch(
    grpc::CallbackServerContext* context, const Request* request) {
  return dispatcher_.Stream<Request, Response>(
      context, "/grpc.health.v1.Health/Watch", request,
      std::bind_front(&HealthService::DoWatch, this));
}

boost::asio::awaitable<absl::Status> HealthService::DoCheck(
    const Call& /*call*/, const Request& request, Response* response) {
  const Response::ServingStatus status = StatusOf(request.service());
  if (status == Response::SERVICE_UNKNOWN) {
    co_return MakeError(Reason::NOT_FOUND, "no such service",
                        {.field = "service"});
  }
  response->set_status(status);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> HealthService::DoWatch(
    const Call& /*call*/, const Request& request,
    StreamWriter<Response>& writer) {
  const std::shared_ptr<StreamSignal> signal = writer.signal();
  {
    std::lock_guard lock(mutex_);
    watchers_.insert(signal);
  }
  Response last;
  while (!writer.cancelled()) {
    const Response::ServingStatus status = StatusOf(request.service());
    if (status != last.status()) {
      last.set_status(status);
      const bool sent = co_await writer.Write(last);
      if (!sent) break;
    }
    co_await writer.Wait(absl::InfiniteDuration());
  }
  std::lock_guard lock(mutex_);
  watchers_.erase(signal);
  co_return absl::OkStatus();
}

}  // namespace shiming::rpc

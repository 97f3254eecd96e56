// gRPC health checking (grpc doc/health-checking.md). gRPC's own
// implementation is not used: it passes by the access table, and its Watch
// streams hold up a drain.
#ifndef SHIMING_COMMON_RPC_HEALTH_SERVICE_H_
#define SHIMING_COMMON_RPC_HEALTH_SERVICE_H_

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/stream_writer.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace shiming::rpc {

// Thread-safe. Guarded by the dispatcher like any service (all roles).
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // `dispatcher` must outlive the service.
  explicit HealthService(Dispatcher& dispatcher);

  // Makes `services` known, all NOT_SERVING, beside "" for the whole server.
  void SetServices(const std::vector<std::string>& services);

  // Sets the status of all services and wakes those who watch.
  void SetServing(bool serving);

  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;

  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  using Request = grpc::health::v1::HealthCheckRequest;
  using Response = grpc::health::v1::HealthCheckResponse;

  boost::asio::awaitable<absl::Status> DoCheck(const Call& call,
                                               const Request& request,
                                               Response* response);
  boost::asio::awaitable<absl::Status> DoWatch(const Call& call,
                                               const Request& request,
                                               StreamWriter<Response>& writer);
  Response::ServingStatus StatusOf(const std::string& service) const;

  Dispatcher& dispatcher_;
  mutable std::mutex mutex_;
  std::set<std::string> services_;                    // guarded by mutex_
  bool serving_ = false;                              // guarded by mutex_
  std::set<std::shared_ptr<StreamSignal>> watchers_;  // guarded by mutex_
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_HEALTH_SERVICE_H_

// gRPC server reflection, v1alpha (grpc doc/server-reflection.md), for buf curl
// and the like. gRPC's own library is not used: it passes by the access table
// and brings a pool of blocking threads.
#ifndef SHIMING_COMMON_RPC_REFLECTION_SERVICE_H_
#define SHIMING_COMMON_RPC_REFLECTION_SERVICE_H_

#include <string>
#include <vector>

#include "common/rpc/dispatcher.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace shiming::rpc {

// Guarded by Dispatcher::Check (roles admin and svc). Thread-safe once
// SetServices has been called.
class ReflectionService final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `dispatcher` must outlive the service.
  explicit ReflectionService(Dispatcher& dispatcher);

  // Full names of what is served; before the dispatcher opens.
  void SetServices(const std::vector<std::string>& services);

  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  Dispatcher& dispatcher_;
  std::vector<std::string> services_;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_REFLECTION_SERVICE_H_

// ErasureSource over identity_verification's stub.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_ERASURE_CLIENT_H_
#define SHIMING_SERVICES_PROFILE_ORDER_ERASURE_CLIENT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <vector>

#include "services/profile_order/core/order_eraser.h"
#include "shiming/identity/v1/erasure_service.grpc.pb.h"

namespace shiming::profile_order {

// Thread-safe. Without a channel there is nothing to erase.
class ErasureClient final : public ErasureSource {
 public:
  // `channel` may be null.
  explicit ErasureClient(const std::shared_ptr<grpc::Channel>& channel);

  Awaitable<absl::StatusOr<std::vector<ErasureTask>>> List(
      int64_t after) override;
  Awaitable<absl::Status> Report(const ErasureTask& task,
                                 const ErasureReport& report) override;

 private:
  const std::unique_ptr<identity::v1::ErasureTaskService::Stub> stub_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_ERASURE_CLIENT_H_

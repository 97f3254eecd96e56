// The notice sink that calls profile_order's DownloadProgressService.
#ifndef SHIMING_SERVICES_GATEWAY_ORDER_NOTICE_SINK_H_
#define SHIMING_SERVICES_GATEWAY_ORDER_NOTICE_SINK_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "services/gateway/notice_endpoint.h"
#include "shiming/order/v1/order_service.grpc.pb.h"

namespace shiming::gateway {

// Thread-safe.
class OrderNoticeSink final : public NoticeSink {
 public:
  explicit OrderNoticeSink(std::shared_ptr<grpc::Channel> profile_order);

  asio::awaitable<absl::Status> Take(std::string smdp, std::string body,
                                     absl::Time received,
                                     std::string trace_id) override;

 private:
  const std::unique_ptr<order::v1::DownloadProgressService::Stub> stub_;
};

}  // namespace shiming::gateway

#endif  // SHIMING_SERVICES_GATEWAY_ORDER_NOTICE_SINK_H_

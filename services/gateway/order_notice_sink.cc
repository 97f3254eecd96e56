#include "services/gateway/order_notice_sink.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "common/time/proto_time.h"

namespace shiming::gateway {
namespace {

using order::v1::DownloadProgressService;
using order::v1::HandleDownloadProgressRequest;
using order::v1::HandleDownloadProgressResponse;

// An SM-DP+ waits about this long for its answer; afterwards it repeats.
constexpr absl::Duration kTimeout = absl::Seconds(5);

}  // namespace

OrderNoticeSink::OrderNoticeSink(std::shared_ptr<grpc::Channel> profile_order)
    : stub_(DownloadProgressService::NewStub(std::move(profile_order))) {}

asio::awaitable<absl::Status> OrderNoticeSink::Take(std::string smdp,
                                                    std::string body,
                                                    absl::Time received,
                                                    std::string trace_id) {
  HandleDownloadProgressRequest request;
  request.set_smdp_peer(std::move(smdp));
  request.set_body(std::move(body));
  *request.mutable_receive_time() = ToProto(received);
  rpc::CallOptions options;
  // Deadlines are real time, whatever clock `received` follows.
  options.deadline = absl::Now() + kTimeout;
  options.trace_id = std::move(trace_id);
  const absl::StatusOr<HandleDownloadProgressResponse> answer =
      co_await rpc::Invoke<HandleDownloadProgressResponse>(
          *stub_,
          &DownloadProgressService::Stub::async_interface::
              HandleDownloadProgress,
          std::move(request), options);
  co_return answer.status();
}

}  // namespace shiming::gateway

// profile_order of the null pipeline.
#ifndef SHIMING_TESTS_BENCH_NULL_PROFILE_ORDER_H_
#define SHIMING_TESTS_BENCH_NULL_PROFILE_ORDER_H_

#include <grpcpp/channel.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/http/http_client.h"
#include "common/rpc/dispatcher.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "tests/bench/null/order_board.h"
#include "tests/bench/null/relay.h"

namespace shiming::bench {

// What the three services of profile_order share. Thread-safe.
struct NullOrderDesk : std::enable_shared_from_this<NullOrderDesk> {
  NullOrderDesk(rpc::Dispatcher& dispatcher,
                boost::asio::any_io_executor executor,
                const std::shared_ptr<grpc::Channel>& ledger,
                const std::shared_ptr<grpc::Channel>& terminal_session,
                std::unique_ptr<http::HttpClient> smdp);

  rpc::Dispatcher& dispatcher;
  const boost::asio::any_io_executor executor;
  const std::shared_ptr<NullRelay> relay;
  const std::unique_ptr<terminal::v1::SessionAuthorityService::Stub> sessions;
  const std::unique_ptr<http::HttpClient> smdp;
  NullOrderBoard board;

  // One ES2+ exchange; INTERNAL unless it is answered with 200.
  boost::asio::awaitable<absl::Status> CallSmdp(std::string function,
                                                std::string iccid);
};

// Steps 2, 4, 5 and 8. Thread-safe.
class NullProfileOrder final
    : public order::v1::ProfileOrderService::CallbackService {
 public:
  // `desk` must outlive this, as below.
  explicit NullProfileOrder(NullOrderDesk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* CheckDevice(
      grpc::CallbackServerContext* context,
      const order::v1::CheckDeviceRequest* request,
      order::v1::CheckDeviceResponse* response) override;
  grpc::ServerUnaryReactor* ListNumbers(
      grpc::CallbackServerContext* context,
      const order::v1::ListNumbersRequest* request,
      order::v1::ListNumbersResponse* response) override;
  grpc::ServerUnaryReactor* ReserveNumber(
      grpc::CallbackServerContext* context,
      const order::v1::ReserveNumberRequest* request,
      order::v1::ReserveNumberResponse* response) override;
  grpc::ServerUnaryReactor* CreateOrder(
      grpc::CallbackServerContext* context,
      const order::v1::CreateOrderRequest* request,
      order::v1::CreateOrderResponse* response) override;
  grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* WatchOrder(
      grpc::CallbackServerContext* context,
      const order::v1::WatchOrderRequest* request) override;
  grpc::ServerUnaryReactor* GetReceipt(
      grpc::CallbackServerContext* context,
      const order::v1::GetReceiptRequest* request,
      order::v1::GetReceiptResponse* response) override;

 private:
  NullOrderDesk& desk_;
};

// Step 6. Thread-safe.
class NullCustomerDisplay final
    : public order::v1::CustomerDisplayService::CallbackService {
 public:
  explicit NullCustomerDisplay(NullOrderDesk& desk) : desk_(desk) {}

  grpc::ServerWriteReactor<order::v1::WatchDisplayResponse>* WatchDisplay(
      grpc::CallbackServerContext* context,
      const order::v1::WatchDisplayRequest* request) override;
  grpc::ServerUnaryReactor* RevealActivationCode(
      grpc::CallbackServerContext* context,
      const order::v1::RevealActivationCodeRequest* request,
      order::v1::RevealActivationCodeResponse* response) override;

 private:
  NullOrderDesk& desk_;
};

// Step 7. Thread-safe.
class NullDownloadProgress final
    : public order::v1::DownloadProgressService::CallbackService {
 public:
  explicit NullDownloadProgress(NullOrderDesk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* HandleDownloadProgress(
      grpc::CallbackServerContext* context,
      const order::v1::HandleDownloadProgressRequest* request,
      order::v1::HandleDownloadProgressResponse* response) override;

 private:
  NullOrderDesk& desk_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_PROFILE_ORDER_H_

// The gRPC services of profile_order: peer and request in, status out; no
// decisions.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_SERVICE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_SERVICE_H_

#include "common/rpc/dispatcher.h"
#include "services/profile_order/core/inventory.h"
#include "services/profile_order/core/notice_intake.h"
#include "services/profile_order/core/orders.h"
#include "services/profile_order/core/reveal.h"
#include "services/profile_order/order_streams.h"
#include "shiming/order/v1/order_service.grpc.pb.h"

namespace shiming::profile_order {

using Status = boost::asio::awaitable<absl::Status>;

// For terminals.
class ProfileOrderServiceRpc final
    : public order::v1::ProfileOrderService::CallbackService {
 public:
  ProfileOrderServiceRpc(rpc::Dispatcher& dispatcher, Orders& orders,
                         OrderStreams& streams)
      : dispatcher_(dispatcher), orders_(orders), streams_(streams) {}

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
  grpc::ServerUnaryReactor* ReleaseNumber(
      grpc::CallbackServerContext* context,
      const order::v1::ReleaseNumberRequest* request,
      order::v1::ReleaseNumberResponse* response) override;
  grpc::ServerUnaryReactor* CreateOrder(
      grpc::CallbackServerContext* context,
      const order::v1::CreateOrderRequest* request,
      order::v1::CreateOrderResponse* response) override;
  grpc::ServerUnaryReactor* GetOrder(
      grpc::CallbackServerContext* context,
      const order::v1::GetOrderRequest* request,
      order::v1::GetOrderResponse* response) override;
  grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* WatchOrder(
      grpc::CallbackServerContext* context,
      const order::v1::WatchOrderRequest* request) override;
  grpc::ServerUnaryReactor* CancelOrder(
      grpc::CallbackServerContext* context,
      const order::v1::CancelOrderRequest* request,
      order::v1::CancelOrderResponse* response) override;
  grpc::ServerUnaryReactor* GetReceipt(
      grpc::CallbackServerContext* context,
      const order::v1::GetReceiptRequest* request,
      order::v1::GetReceiptResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  Orders& orders_;
  OrderStreams& streams_;
};

// For displays.
class CustomerDisplayServiceRpc final
    : public order::v1::CustomerDisplayService::CallbackService {
 public:
  CustomerDisplayServiceRpc(rpc::Dispatcher& dispatcher, Reveals& reveals,
                            OrderStreams& streams)
      : dispatcher_(dispatcher), reveals_(reveals), streams_(streams) {}

  grpc::ServerWriteReactor<order::v1::WatchDisplayResponse>* WatchDisplay(
      grpc::CallbackServerContext* context,
      const order::v1::WatchDisplayRequest* request) override;
  grpc::ServerUnaryReactor* RevealActivationCode(
      grpc::CallbackServerContext* context,
      const order::v1::RevealActivationCodeRequest* request,
      order::v1::RevealActivationCodeResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  Reveals& reveals_;
  OrderStreams& streams_;
};

// For the gateway.
class DownloadProgressServiceRpc final
    : public order::v1::DownloadProgressService::CallbackService {
 public:
  DownloadProgressServiceRpc(rpc::Dispatcher& dispatcher, NoticeIntake& intake,
                             const Clock& clock)
      : dispatcher_(dispatcher), intake_(intake), clock_(clock) {}

  grpc::ServerUnaryReactor* HandleDownloadProgress(
      grpc::CallbackServerContext* context,
      const order::v1::HandleDownloadProgressRequest* request,
      order::v1::HandleDownloadProgressResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  NoticeIntake& intake_;
  const Clock& clock_;
};

// For admins.
class InventoryServiceRpc final
    : public order::v1::InventoryService::CallbackService {
 public:
  InventoryServiceRpc(rpc::Dispatcher& dispatcher, Inventory& inventory)
      : dispatcher_(dispatcher), inventory_(inventory) {}

  grpc::ServerUnaryReactor* ImportIccids(
      grpc::CallbackServerContext* context,
      const order::v1::ImportIccidsRequest* request,
      order::v1::ImportIccidsResponse* response) override;
  grpc::ServerUnaryReactor* ImportNumbers(
      grpc::CallbackServerContext* context,
      const order::v1::ImportNumbersRequest* request,
      order::v1::ImportNumbersResponse* response) override;
  grpc::ServerUnaryReactor* ImportDeviceModels(
      grpc::CallbackServerContext* context,
      const order::v1::ImportDeviceModelsRequest* request,
      order::v1::ImportDeviceModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetStock(
      grpc::CallbackServerContext* context,
      const order::v1::GetStockRequest* request,
      order::v1::GetStockResponse* response) override;

 private:
  rpc::Dispatcher& dispatcher_;
  Inventory& inventory_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_PROFILE_ORDER_SERVICE_H_

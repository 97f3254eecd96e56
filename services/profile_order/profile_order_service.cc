#include "services/profile_order/profile_order_service.h"

#include <utility>

#include "common/es2plus/notice.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"

namespace shiming::profile_order {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kMaxPeerBytes = 64;

// "/admin/<id>", as events name admins.
std::string AdminOf(const rpc::Call& call) { return "/admin/" + call.peer.id; }

}  // namespace

// --- ProfileOrderService

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::CheckDevice(
    grpc::CallbackServerContext* context,
    const order::v1::CheckDeviceRequest* request,
    order::v1::CheckDeviceResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/CheckDevice", request,
      response,
      [this](const rpc::Call& call, const order::v1::CheckDeviceRequest& in,
             order::v1::CheckDeviceResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(
            *out, co_await orders_.CheckDevice(std::move(caller), in));
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::ListNumbers(
    grpc::CallbackServerContext* context,
    const order::v1::ListNumbersRequest* request,
    order::v1::ListNumbersResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/ListNumbers", request,
      response,
      [this](const rpc::Call& call, const order::v1::ListNumbersRequest& in,
             order::v1::ListNumbersResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(
            *out, co_await orders_.ListNumbers(std::move(caller), in));
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::ReserveNumber(
    grpc::CallbackServerContext* context,
    const order::v1::ReserveNumberRequest* request,
    order::v1::ReserveNumberResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/ReserveNumber", request,
      response,
      [this](const rpc::Call& call, const order::v1::ReserveNumberRequest& in,
             order::v1::ReserveNumberResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(
            *out, co_await orders_.ReserveNumber(std::move(caller), in));
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::ReleaseNumber(
    grpc::CallbackServerContext* context,
    const order::v1::ReleaseNumberRequest* request,
    order::v1::ReleaseNumberResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/ReleaseNumber", request,
      response,
      [this](const rpc::Call& call, const order::v1::ReleaseNumberRequest& in,
             order::v1::ReleaseNumberResponse*) -> Status {
        Caller caller = CallerOf(call);
        co_return co_await orders_.ReleaseNumber(std::move(caller), in);
      });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::CreateOrder(
    grpc::CallbackServerContext* context,
    const order::v1::CreateOrderRequest* request,
    order::v1::CreateOrderResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/CreateOrder", request,
      response,
      [this](const rpc::Call& call, const order::v1::CreateOrderRequest& in,
             order::v1::CreateOrderResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(const Order order,
                            co_await orders_.Create(std::move(caller), in));
        *out->mutable_order() = ToProto(order);
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::GetOrder(
    grpc::CallbackServerContext* context,
    const order::v1::GetOrderRequest* request,
    order::v1::GetOrderResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/GetOrder", request,
      response,
      [this](const rpc::Call& call, const order::v1::GetOrderRequest& in,
             order::v1::GetOrderResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(
            const Order order,
            co_await orders_.Get(std::move(caller), in.shift_token(),
                                 in.session_id(), in.order_id()));
        *out->mutable_order() = ToProto(order);
        co_return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<order::v1::WatchOrderResponse>*
ProfileOrderServiceRpc::WatchOrder(
    grpc::CallbackServerContext* context,
    const order::v1::WatchOrderRequest* request) {
  return dispatcher_
      .Stream<order::v1::WatchOrderRequest, order::v1::WatchOrderResponse>(
          context, "/shiming.order.v1.ProfileOrderService/WatchOrder", request,
          [this](const rpc::Call& call, const order::v1::WatchOrderRequest& in,
                 rpc::StreamWriter<order::v1::WatchOrderResponse>& writer) {
            return streams_.WatchOrder(call, in, writer);
          });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::CancelOrder(
    grpc::CallbackServerContext* context,
    const order::v1::CancelOrderRequest* request,
    order::v1::CancelOrderResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/CancelOrder", request,
      response,
      [this](const rpc::Call& call, const order::v1::CancelOrderRequest& in,
             order::v1::CancelOrderResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(const Order order,
                            co_await orders_.Cancel(std::move(caller), in));
        *out->mutable_order() = ToProto(order);
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ProfileOrderServiceRpc::GetReceipt(
    grpc::CallbackServerContext* context,
    const order::v1::GetReceiptRequest* request,
    order::v1::GetReceiptResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.ProfileOrderService/GetReceipt", request,
      response,
      [this](const rpc::Call& call, const order::v1::GetReceiptRequest& in,
             order::v1::GetReceiptResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(*out,
                            co_await orders_.GetReceipt(std::move(caller), in));
        co_return absl::OkStatus();
      });
}

// --- CustomerDisplayService

grpc::ServerWriteReactor<order::v1::WatchDisplayResponse>*
CustomerDisplayServiceRpc::WatchDisplay(
    grpc::CallbackServerContext* context,
    const order::v1::WatchDisplayRequest* request) {
  return dispatcher_
      .Stream<order::v1::WatchDisplayRequest, order::v1::WatchDisplayResponse>(
          context, "/shiming.order.v1.CustomerDisplayService/WatchDisplay",
          request,
          [this](const rpc::Call& call, const order::v1::WatchDisplayRequest&,
                 rpc::StreamWriter<order::v1::WatchDisplayResponse>& writer) {
            return streams_.WatchDisplay(call, writer);
          });
}

grpc::ServerUnaryReactor* CustomerDisplayServiceRpc::RevealActivationCode(
    grpc::CallbackServerContext* context,
    const order::v1::RevealActivationCodeRequest* request,
    order::v1::RevealActivationCodeResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.CustomerDisplayService/RevealActivationCode",
      request, response,
      [this](const rpc::Call& call,
             const order::v1::RevealActivationCodeRequest& in,
             order::v1::RevealActivationCodeResponse* out) -> Status {
        Caller caller = CallerOf(call);
        CO_ASSIGN_OR_RETURN(
            const RevealedCode revealed,
            co_await reveals_.Reveal(std::move(caller), in.request_id(),
                                     in.order_id()));
        out->set_activation_code(revealed.code.str());
        *out->mutable_expire_time() =
            TimeUtil::MicrosecondsToTimestamp(ToMicros(revealed.expire_time));
        co_return absl::OkStatus();
      });
}

// --- DownloadProgressService

grpc::ServerUnaryReactor* DownloadProgressServiceRpc::HandleDownloadProgress(
    grpc::CallbackServerContext* context,
    const order::v1::HandleDownloadProgressRequest* request,
    order::v1::HandleDownloadProgressResponse* response) {
  return dispatcher_.Unary(
      context,
      "/shiming.order.v1.DownloadProgressService/HandleDownloadProgress",
      request, response,
      [this](const rpc::Call&,
             const order::v1::HandleDownloadProgressRequest& in,
             order::v1::HandleDownloadProgressResponse*) -> Status {
        if (in.smdp_peer().empty() || in.smdp_peer().size() > kMaxPeerBytes) {
          co_return MakeError(Reason::INVALID_REQUEST, "no SM-DP+ is named",
                              {.field = "smdp_peer"});
        }
        if (in.body().size() > es2plus::kMaxNoticeBytes) {
          co_return MakeError(Reason::FIELD_TOO_LONG, "over 64 KiB",
                              {.field = "body"});
        }
        const int64_t received_us =
            in.has_receive_time()
                ? TimeUtil::TimestampToMicroseconds(in.receive_time())
                : ToMicros(clock_.Now());
        co_return co_await intake_.Take(in.smdp_peer(), in.body(), received_us);
      });
}

// --- InventoryService

grpc::ServerUnaryReactor* InventoryServiceRpc::ImportIccids(
    grpc::CallbackServerContext* context,
    const order::v1::ImportIccidsRequest* request,
    order::v1::ImportIccidsResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.InventoryService/ImportIccids", request,
      response,
      [this](const rpc::Call& call, const order::v1::ImportIccidsRequest& in,
             order::v1::ImportIccidsResponse* out) -> Status {
        std::string admin = AdminOf(call);
        CO_ASSIGN_OR_RETURN(
            const ImportCounts counts,
            co_await inventory_.ImportIccids(std::move(admin), in));
        out->set_added_count(counts.added);
        out->set_known_count(counts.known);
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* InventoryServiceRpc::ImportNumbers(
    grpc::CallbackServerContext* context,
    const order::v1::ImportNumbersRequest* request,
    order::v1::ImportNumbersResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.InventoryService/ImportNumbers", request,
      response,
      [this](const rpc::Call& call, const order::v1::ImportNumbersRequest& in,
             order::v1::ImportNumbersResponse* out) -> Status {
        std::string admin = AdminOf(call);
        CO_ASSIGN_OR_RETURN(
            const ImportCounts counts,
            co_await inventory_.ImportNumbers(std::move(admin), in));
        out->set_added_count(counts.added);
        out->set_known_count(counts.known);
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* InventoryServiceRpc::ImportDeviceModels(
    grpc::CallbackServerContext* context,
    const order::v1::ImportDeviceModelsRequest* request,
    order::v1::ImportDeviceModelsResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.InventoryService/ImportDeviceModels", request,
      response,
      [this](const rpc::Call& call,
             const order::v1::ImportDeviceModelsRequest& in,
             order::v1::ImportDeviceModelsResponse* out) -> Status {
        std::string admin = AdminOf(call);
        CO_ASSIGN_OR_RETURN(
            const ImportCounts counts,
            co_await inventory_.ImportDeviceModels(std::move(admin), in));
        out->set_added_count(counts.added);
        out->set_known_count(counts.known);
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* InventoryServiceRpc::GetStock(
    grpc::CallbackServerContext* context,
    const order::v1::GetStockRequest* request,
    order::v1::GetStockResponse* response) {
  return dispatcher_.Unary(
      context, "/shiming.order.v1.InventoryService/GetStock", request, response,
      [this](const rpc::Call&, const order::v1::GetStockRequest&,
             order::v1::GetStockResponse* out) -> Status {
        CO_ASSIGN_OR_RETURN(*out, co_await inventory_.GetStock());
        co_return absl::OkStatus();
      });
}

}  // namespace shiming::profile_order

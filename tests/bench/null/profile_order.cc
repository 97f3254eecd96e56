#include "tests/bench/null/profile_order.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/random.h"
#include "common/es2plus/notice.h"
#include "common/ids/ids.h"
#include "common/rpc/client.h"
#include "common/status/status_macros.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"
#include "tests/bench/null/check_session.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;
using ledger::v1::LedgerWriterService;

// ListNumbers' default page.
constexpr int kNumbers = 10;
// A watcher that lost a wake-up looks again after so long.
constexpr absl::Duration kLook = absl::Seconds(1);
constexpr char kSmdpAddress[] = "smdp.example.test";

// What the order worker does behind CreateOrder.
awaitable<void> PlaceAtSmdp(std::shared_ptr<NullOrderDesk> desk,
                            std::string order_id) {
  absl::Status status = co_await desk->CallSmdp("downloadOrder", order_id);
  if (status.ok()) status = co_await desk->CallSmdp("confirmOrder", order_id);
  desk->board.Advance(order_id, status.ok()
                                    ? order::v1::PROFILE_ORDER_STATE_READY
                                    : order::v1::PROFILE_ORDER_STATE_FAILED);
  desk->relay->Add();  // ORDER_READY
}

}  // namespace

NullOrderDesk::NullOrderDesk(
    rpc::Dispatcher& dispatcher_of_room,
    boost::asio::any_io_executor executor_of_room,
    const std::shared_ptr<grpc::Channel>& ledger,
    const std::shared_ptr<grpc::Channel>& terminal_session,
    std::unique_ptr<http::HttpClient> smdp_client)
    : dispatcher(dispatcher_of_room),
      executor(std::move(executor_of_room)),
      relay(std::make_shared<NullRelay>(executor, ledger)),
      sessions(
          terminal::v1::SessionAuthorityService::NewStub(terminal_session)),
      smdp(std::move(smdp_client)) {}

awaitable<absl::Status> NullOrderDesk::CallSmdp(std::string function,
                                                std::string iccid) {
  http::ClientRequest request;
  request.target = absl::StrCat("/gsma/rsp2/es2plus/", function);
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Admin-Protocol", "gsma/rsp/v2.2.0"}};
  request.body = absl::StrCat(
      R"({"header":{"functionRequesterIdentifier":"2.999.86.1",)"
      R"("functionCallIdentifier":"00000000-0000-4000-8000-000000000000"},)"
      R"("eid":"89860099000000000000000000000000","iccid":")",
      iccid, R"(","profileType":"CONSUMER-5G"})");
  const http::Outcome outcome = co_await smdp->Call(std::move(request));
  if (outcome.kind != http::Outcome::Kind::kResponse ||
      outcome.response.status != 200) {
    co_return absl::InternalError(absl::StrCat(function, ": ", outcome.why));
  }
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* NullProfileOrder::CheckDevice(
    grpc::CallbackServerContext* context,
    const order::v1::CheckDeviceRequest* request,
    order::v1::CheckDeviceResponse* response) {
  return desk_.dispatcher.Unary(
      context, "/shiming.order.v1.ProfileOrderService/CheckDevice", request,
      response,
      [this](
          const rpc::Call& call, const order::v1::CheckDeviceRequest& asked,
          order::v1::CheckDeviceResponse* answer) -> awaitable<absl::Status> {
        answer->set_model("Null Phone");
        return CheckSession(*desk_.sessions, call, asked.shift_token(),
                            asked.session_id());
      });
}

grpc::ServerUnaryReactor* NullProfileOrder::ListNumbers(
    grpc::CallbackServerContext* context,
    const order::v1::ListNumbersRequest* request,
    order::v1::ListNumbersResponse* response) {
  return desk_.dispatcher.Unary(
      context, "/shiming.order.v1.ProfileOrderService/ListNumbers", request,
      response,
      [this](
          const rpc::Call& call, const order::v1::ListNumbersRequest& asked,
          order::v1::ListNumbersResponse* answer) -> awaitable<absl::Status> {
        for (int i = 0; i < kNumbers; ++i) {
          order::v1::AvailableNumber& number = *answer->add_numbers();
          number.set_msisdn(absl::StrCat("861390000000", i));
          number.set_region("11");
        }
        return CheckSession(*desk_.sessions, call, asked.shift_token(),
                            asked.session_id());
      });
}

grpc::ServerUnaryReactor* NullProfileOrder::ReserveNumber(
    grpc::CallbackServerContext* context,
    const order::v1::ReserveNumberRequest* request,
    order::v1::ReserveNumberResponse* response) {
  return desk_.dispatcher.Unary(
      context, "/shiming.order.v1.ProfileOrderService/ReserveNumber", request,
      response,
      [this](
          const rpc::Call& call, const order::v1::ReserveNumberRequest& asked,
          order::v1::ReserveNumberResponse* answer) -> awaitable<absl::Status> {
        order::v1::Reservation& reservation = *answer->mutable_reservation();
        reservation.set_reservation_id(NewId(crypto::SystemRandom()));
        reservation.set_msisdn(asked.msisdn());
        return CheckSession(*desk_.sessions, call, asked.shift_token(),
                            asked.session_id());
      });
}

grpc::ServerUnaryReactor* NullProfileOrder::CreateOrder(
    grpc::CallbackServerContext* context,
    const order::v1::CreateOrderRequest* request,
    order::v1::CreateOrderResponse* response) {
  return desk_.dispatcher.Unary(
      context, "/shiming.order.v1.ProfileOrderService/CreateOrder", request,
      response,
      [this](
          const rpc::Call& call, const order::v1::CreateOrderRequest& asked,
          order::v1::CreateOrderResponse* answer) -> awaitable<absl::Status> {
        CO_RETURN_IF_ERROR(co_await CheckSession(
            *desk_.sessions, call, asked.shift_token(), asked.session_id()));
        order::v1::ProfileOrder draft;
        draft.set_session_id(asked.session_id());
        // The driver gives a terminal and its display the same name.
        draft.set_terminal(call.peer.id);
        draft.set_display(call.peer.id);
        draft.set_profile_type(asked.profile_type());
        draft.set_eid_suffix("000000");
        draft.set_msisdn_masked("*******0000");
        *answer->mutable_order() = desk_.board.Add(std::move(draft));
        desk_.relay->Add();  // ORDER_PLACED
        boost::asio::co_spawn(
            desk_.executor,
            PlaceAtSmdp(desk_.shared_from_this(), answer->order().order_id()),
            boost::asio::detached);
        co_return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<order::v1::WatchOrderResponse>*
NullProfileOrder::WatchOrder(grpc::CallbackServerContext* context,
                             const order::v1::WatchOrderRequest* request) {
  return desk_.dispatcher.Stream<order::v1::WatchOrderRequest,
                                 order::v1::WatchOrderResponse>(
      context, "/shiming.order.v1.ProfileOrderService/WatchOrder", request,
      [this](const rpc::Call& call, const order::v1::WatchOrderRequest& asked,
             rpc::StreamWriter<order::v1::WatchOrderResponse>& writer)
          -> awaitable<absl::Status> {
        CO_RETURN_IF_ERROR(co_await CheckSession(
            *desk_.sessions, call, asked.shift_token(), asked.session_id()));
        desk_.board.Watch(asked.order_id(), writer.signal());
        int64_t seen = 0;
        while (!writer.cancelled()) {
          const auto order = desk_.board.Find(asked.order_id());
          if (!order.has_value()) co_return absl::OkStatus();
          if (order->version() != seen) {
            seen = order->version();
            order::v1::WatchOrderResponse news;
            *news.mutable_order() = *order;
            if (!co_await writer.Write(news)) break;
          }
          co_await writer.Wait(kLook);
        }
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullProfileOrder::GetReceipt(
    grpc::CallbackServerContext* context,
    const order::v1::GetReceiptRequest* request,
    order::v1::GetReceiptResponse* response) {
  return desk_.dispatcher.Unary(
      context, "/shiming.order.v1.ProfileOrderService/GetReceipt", request,
      response,
      [this](const rpc::Call& call, const order::v1::GetReceiptRequest& asked,
             order::v1::GetReceiptResponse* answer) -> awaitable<absl::Status> {
        CO_RETURN_IF_ERROR(co_await CheckSession(
            *desk_.sessions, call, asked.shift_token(), asked.session_id()));
        ledger::v1::GetOwnReceiptRequest own;
        own.mutable_id()->set_aggregate(
            absl::StrCat("order/", asked.order_id()));
        CO_ASSIGN_OR_RETURN(
            ledger::v1::GetOwnReceiptResponse receipt,
            co_await rpc::Invoke<ledger::v1::GetOwnReceiptResponse>(
                desk_.relay->ledger(),
                &LedgerWriterService::Stub::async_interface::GetOwnReceipt,
                std::move(own), {.deadline = call.deadline}));
        *answer->mutable_receipt() = std::move(*receipt.mutable_receipt());
        desk_.board.Remove(asked.order_id());
        co_return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<order::v1::WatchDisplayResponse>*
NullCustomerDisplay::WatchDisplay(
    grpc::CallbackServerContext* context,
    const order::v1::WatchDisplayRequest* request) {
  return desk_.dispatcher.Stream<order::v1::WatchDisplayRequest,
                                 order::v1::WatchDisplayResponse>(
      context, "/shiming.order.v1.CustomerDisplayService/WatchDisplay", request,
      [this](const rpc::Call& call, const order::v1::WatchDisplayRequest&,
             rpc::StreamWriter<order::v1::WatchDisplayResponse>& writer)
          -> awaitable<absl::Status> {
        CO_RETURN_IF_ERROR(
            co_await CheckSession(*desk_.sessions, call, "", ""));
        desk_.board.Watch(call.peer.id, writer.signal());
        std::string seen = "-";
        while (!writer.cancelled()) {
          const auto order = desk_.board.ShownOn(call.peer.id);
          const std::string now =
              order.has_value()
                  ? absl::StrCat(order->order_id(), "/", order->version())
                  : "";
          if (now != seen) {
            seen = now;
            order::v1::WatchDisplayResponse news;
            if (order.has_value()) {
              news.mutable_order()->set_order_id(order->order_id());
              news.mutable_order()->set_state(order->state());
              news.mutable_order()->set_profile_type(order->profile_type());
              news.mutable_order()->set_eid_suffix(order->eid_suffix());
              news.mutable_order()->set_msisdn_masked(order->msisdn_masked());
            }
            if (!co_await writer.Write(news)) break;
          }
          co_await writer.Wait(kLook);
        }
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullCustomerDisplay::RevealActivationCode(
    grpc::CallbackServerContext* context,
    const order::v1::RevealActivationCodeRequest* request,
    order::v1::RevealActivationCodeResponse* response) {
  return desk_.dispatcher.Unary(
      context, "/shiming.order.v1.CustomerDisplayService/RevealActivationCode",
      request, response,
      [this](const rpc::Call& call,
             const order::v1::RevealActivationCodeRequest& asked,
             order::v1::RevealActivationCodeResponse* answer)
          -> awaitable<absl::Status> {
        CO_RETURN_IF_ERROR(
            co_await CheckSession(*desk_.sessions, call, "", ""));
        terminal::v1::PermitRevealRequest permit;
        permit.set_order_id(asked.order_id());
        permit.set_display_spiffe_id(call.peer.spiffe_id);
        permit.set_display_key_sha256(call.peer.key_hash);
        permit.set_request_id(asked.request_id());
        CO_RETURN_IF_ERROR(
            (co_await rpc::Invoke<terminal::v1::PermitRevealResponse>(
                 *desk_.sessions,
                 &terminal::v1::SessionAuthorityService::Stub::async_interface::
                     PermitReveal,
                 std::move(permit), {.deadline = call.deadline}))
                .status());
        CO_RETURN_IF_ERROR(
            co_await desk_.CallSmdp("releaseProfile", asked.order_id()));
        // CODE_REVEALED
        CO_RETURN_IF_ERROR(co_await desk_.relay->AppendNow(call.deadline));
        desk_.board.Advance(asked.order_id(),
                            order::v1::PROFILE_ORDER_STATE_REVEALED);
        answer->set_activation_code(
            absl::StrCat("1$", kSmdpAddress, "$", asked.order_id()));
        co_return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* NullDownloadProgress::HandleDownloadProgress(
    grpc::CallbackServerContext* context,
    const order::v1::HandleDownloadProgressRequest* request,
    order::v1::HandleDownloadProgressResponse* response) {
  return desk_.dispatcher.Unary(
      context,
      "/shiming.order.v1.DownloadProgressService/HandleDownloadProgress",
      request, response,
      [this](const rpc::Call&,
             const order::v1::HandleDownloadProgressRequest& asked,
             order::v1::HandleDownloadProgressResponse*)
          -> awaitable<absl::Status> {
        CO_ASSIGN_OR_RETURN(const es2plus::Notice notice,
                            es2plus::ParseNotice(asked.body()));
        // SGP.22 v2.2 §5.3.5: point 4 is the installation.
        desk_.board.Advance(notice.iccid,
                            notice.point == 4
                                ? order::v1::PROFILE_ORDER_STATE_INSTALLED
                                : order::v1::PROFILE_ORDER_STATE_DOWNLOADING);
        desk_.relay->Add();  // DOWNLOAD_PROGRESS, PROFILE_INSTALLED
        co_return absl::OkStatus();
      });
}

}  // namespace shiming::bench

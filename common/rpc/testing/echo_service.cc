#include "common/rpc/testing/echo_service.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>

#include "common/status/reason.h"

namespace shiming::rpc {

using shiming::testing::v1::CountRequest;
using shiming::testing::v1::CountResponse;
using shiming::testing::v1::EchoRequest;
using shiming::testing::v1::EchoResponse;

namespace {

boost::asio::awaitable<void> Sleep(int milliseconds) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(milliseconds));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

const std::vector<AccessRow>& EchoAccessTable() {
  static const auto& table = *new std::vector<AccessRow>{
      {.method = "/shiming.testing.v1.EchoService/Echo",
       .roles = {Role::kTerminal, Role::kService, Role::kAuditor},
       .services = {"profile_order"},
       .via_gateway = true},
      {.method = "/shiming.testing.v1.EchoService/Count",
       .roles = {Role::kTerminal}},
      {.method = "/grpc.health.v1.Health/Check", .roles = {Role::kTerminal}},
      {.method = "/grpc.health.v1.Health/Watch", .roles = {Role::kTerminal}},
      {.method =
           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
       .roles = {Role::kAdmin, Role::kService}},
  };
  return table;
}

grpc::ServerUnaryReactor* EchoServiceRpc::Echo(
    grpc::CallbackServerContext* context, const EchoRequest* request,
    EchoResponse* response) {
  return dispatcher_.Unary(context, "/shiming.testing.v1.EchoService/Echo",
                           request, response,
                           std::bind_front(&EchoServiceRpc::DoEcho, this));
}

grpc::ServerWriteReactor<CountResponse>* EchoServiceRpc::Count(
    grpc::CallbackServerContext* context, const CountRequest* request) {
  return dispatcher_.Stream<CountRequest, CountResponse>(
      context, "/shiming.testing.v1.EchoService/Count", request,
      std::bind_front(&EchoServiceRpc::DoCount, this));
}

boost::asio::awaitable<absl::Status> EchoServiceRpc::DoEcho(
    const Call& call, const EchoRequest& request, EchoResponse* response) {
  ++unary_started_;
  if (request.delay_ms() > 0) co_await Sleep(request.delay_ms());
  ++unary_ended_;
  if (request.fail_with() == "UNFORESEEN") {
    co_return absl::DataLossError("a secret of the inside");
  }
  if (request.fail_with() == "THROW") {
    throw std::runtime_error("a secret of the inside");
  }
  if (const auto reason = ReasonByName(request.fail_with());
      reason.has_value()) {
    co_return MakeError(*reason, "as told",
                        {.field = "fail_with",
                         .metadata = {{"name", request.fail_with()}},
                         .retry_delay = absl::Seconds(3)});
  }
  response->set_text(request.text());
  response->set_peer_spiffe_id(call.peer.spiffe_id);
  response->set_peer_key_hash(call.peer.key_hash);
  response->set_peer_address(call.address);
  response->set_trace_id(call.trace_id);
  co_return absl::OkStatus();
}

boost::asio::awaitable<absl::Status> EchoServiceRpc::DoCount(
    const Call& /*call*/, const CountRequest& request,
    StreamWriter<CountResponse>& writer) {
  CountResponse response;
  const int last = request.count() == 0 ? 1 : request.count();
  bool sent = true;
  for (int number = 1; sent && number <= last; ++number) {
    response.set_number(number);
    sent = co_await writer.Write(response);
  }
  while (request.count() == 0 && !writer.cancelled()) {
    co_await writer.Wait(absl::Minutes(10));
  }
  ++streams_ended_;
  co_return absl::OkStatus();
}

}  // namespace shiming::rpc

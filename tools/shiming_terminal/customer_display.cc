#include "tools/shiming_terminal/customer_display.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "common/rpc/client.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"

namespace shiming::shiming_terminal {
namespace {

using boost::asio::awaitable;
using order::v1::CustomerDisplayService;

// One attempt at the reveal; the service goes on after it.
constexpr absl::Duration kRevealAttempt = absl::Seconds(20);
// Between attempts while a service is away.
constexpr std::chrono::milliseconds kPause(200);

awaitable<void> Pause() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  kPause);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

bool MayPassByItself(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kAborted;
}

bool Showable(order::v1::ProfileOrderState state) {
  return state == order::v1::PROFILE_ORDER_STATE_READY ||
         state == order::v1::PROFILE_ORDER_STATE_REVEALING ||
         state == order::v1::PROFILE_ORDER_STATE_REVEALED;
}

}  // namespace

awaitable<absl::StatusOr<order::v1::DisplayOrder>>
CustomerDisplay::WaitForOrder(absl::Time deadline, std::string other_than) {
  using Reader = rpc::StreamReader<order::v1::WatchDisplayRequest,
                                   order::v1::WatchDisplayResponse>;
  while (absl::Now() < deadline) {
    Reader reader = Reader::Open(
        *stub_, &CustomerDisplayService::Stub::async_interface::WatchDisplay,
        order::v1::WatchDisplayRequest(), {.deadline = deadline});
    while (auto change = co_await reader.Next()) {
      if (change->has_order() && change->order().order_id() != other_than &&
          Showable(change->order().state())) {
        co_return change->order();
      }
    }
    const absl::Status end = co_await reader.Finish();
    if (!end.ok() && !MayPassByItself(end)) co_return end;
    co_await Pause();
  }
  co_return absl::DeadlineExceededError("no order came to this display");
}

awaitable<absl::StatusOr<RevealedCode>> CustomerDisplay::Reveal(
    std::string order_id, absl::Time deadline) {
  order::v1::RevealActivationCodeRequest request;
  request.set_order_id(order_id);
  CO_ASSIGN_OR_RETURN(*request.mutable_request_id(),
                      requests_.ForOrder(order_id));
  while (true) {
    absl::StatusOr<order::v1::RevealActivationCodeResponse> response =
        co_await rpc::Invoke<order::v1::RevealActivationCodeResponse>(
            *stub_,
            &CustomerDisplayService::Stub::async_interface::
                RevealActivationCode,
            request,
            {.deadline = std::min(deadline, absl::Now() + kRevealAttempt)});
    if (response.ok()) {
      CO_ASSIGN_OR_RETURN(ActivationCode code,
                          ActivationCode::Parse(response->activation_code()));
      co_return RevealedCode{std::move(code),
                             FromProto(response->expire_time())};
    }
    if (!MayPassByItself(response.status()) || absl::Now() >= deadline) {
      co_return response.status();
    }
    co_await Pause();
  }
}

}  // namespace shiming::shiming_terminal

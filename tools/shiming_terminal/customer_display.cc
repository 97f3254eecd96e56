#include "tools/shiming_terminal/customer_display.h"

#include <algorithm>
#include <utility>

#include "common/rpc/client.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "tools/shiming_terminal/patience.h"

namespace shiming::shiming_terminal {
namespace {

using boost::asio::awaitable;
using order::v1::CustomerDisplayService;

// One attempt at the reveal; the service goes on after it.
constexpr absl::Duration kRevealAttempt = absl::Seconds(20);

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
    co_await PauseBeforeRepeat();
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
    co_await PauseBeforeRepeat();
  }
}

}  // namespace shiming::shiming_terminal

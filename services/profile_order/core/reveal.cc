#include "services/profile_order/core/reveal.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/core/wake_signal.h"

namespace shiming::profile_order {
namespace {

// Left for the answer's own way back.
constexpr absl::Duration kMargin = absl::Milliseconds(50);
// A reveal is short and may not hang on a wake-up: it looks by itself so often.
constexpr absl::Duration kLook = absl::Seconds(1);

}  // namespace

Awaitable<absl::StatusOr<RevealedCode>> Reveals::Reveal(Caller display,
                                                        std::string request_id,
                                                        std::string order_id) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.authority.Check(display, "", ""));
  CO_RETURN_IF_ERROR(CheckRequestId(request_id));
  CO_ASSIGN_OR_RETURN(Order order, co_await deps_.book.store().Get(order_id));
  if (order.display != standing.display) {
    co_return MakeError(Reason::ORDER_OTHER_DISPLAY,
                        "the order is for another display");
  }
  if (order.session_id != standing.session) {
    co_return MakeError(Reason::ORDER_OTHER_SESSION,
                        "the order's session is not the display's");
  }
  CO_RETURN_IF_ERROR(deps_.machine.CheckReveal(order, request_id, Now()));

  // (1) to (4)
  if (order.state != OrderState::kRevealed) {
    CO_ASSIGN_OR_RETURN(order,
                        co_await PermitAndRelease(display, standing, request_id,
                                                  std::move(order)));
    CO_RETURN_IF_ERROR(deps_.machine.CheckReveal(order, request_id, Now()));
  }

  // (5) Not what the row says, but what the ledger says.
  ledger::v1::EventId revealed = EventOf(order, order.revealed_version);
  CO_ASSIGN_OR_RETURN([[maybe_unused]] const int64_t index,
                      co_await deps_.record.WaitSequenced(
                          std::move(revealed), display.deadline - kMargin));

  // (6) As the order stands now: it may have been cancelled meanwhile.
  CO_ASSIGN_OR_RETURN(order, co_await deps_.book.store().Get(order_id));
  CO_RETURN_IF_ERROR(deps_.machine.CheckReveal(order, request_id, Now()));
  if (order.state != OrderState::kRevealed) {
    co_return MakeError(Reason::REVEAL_UNDER_WAY, "the order was set back");
  }
  CO_ASSIGN_OR_RETURN(ActivationCode code, deps_.vault.CodeOf(order));
  co_return RevealedCode{.code = std::move(code),
                         .expire_time = FromMicros(order.code_expire_us)};
}

Awaitable<absl::StatusOr<Order>> Reveals::PermitAndRelease(
    const Caller& display, const Standing& standing, std::string request_id,
    Order order) {
  const std::string order_id = order.order_id;
  if (order.state == OrderState::kReady) {
    // (1) The answer means that REVEAL_PERMITTED is sequenced.
    ledger::v1::EventId ready = EventOf(order, order.ready_version);
    const absl::StatusOr<SessionAuthority::Permit> permit =
        co_await deps_.authority.PermitReveal(
            display, order_id, standing.session, request_id, std::move(ready));
    if (HasReason(permit.status(), Reason::PERMIT_TAKEN)) {
      co_return MakeError(Reason::REVEAL_TAKEN,
                          "another request has the permit");
    }
    CO_RETURN_IF_ERROR(permit.status());
    // (2) One winner.
    const RevealPermit reveal{.request_id = request_id,
                              .permit_id = permit->permit_id,
                              .event = permit->event};
    Decide decide = [this, reveal](const Order& row) {
      return deps_.machine.Reveal(row, reveal, Now());
    };
    CO_ASSIGN_OR_RETURN(
        order, co_await deps_.book.Update(order_id, std::move(decide)));
  }
  // (3) and (4) are the worker's.
  if (order.state == OrderState::kRevealing) deps_.worker.Poke(order_id);
  co_return co_await WaitWhileRevealing(display, order_id);
}

Awaitable<absl::StatusOr<Order>> Reveals::WaitWhileRevealing(
    const Caller& display, std::string order_id) {
  auto signal = std::make_shared<WakeSignal>(deps_.executor);
  const OrderHub::Subscription subscription = deps_.book.hub().Subscribe(
      {OrderTopic(order_id)}, [signal](bool) { signal->Wake(); });
  for (;;) {
    CO_ASSIGN_OR_RETURN(Order order, co_await deps_.book.store().Get(order_id));
    if (order.state != OrderState::kRevealing) co_return order;
    const absl::Duration left = display.deadline - kMargin - absl::Now();
    if (left <= absl::ZeroDuration()) {
      co_return MakeError(Reason::REVEAL_UNDER_WAY,
                          "releaseProfile has not been answered yet");
    }
    co_await signal->Wait(std::min(left, kLook));
  }
}

}  // namespace shiming::profile_order

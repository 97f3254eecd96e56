#include "services/profile_order/order_streams.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

// Of the calls that a stream makes: streams may have no deadline.
constexpr absl::Duration kCheck = absl::Seconds(5);

// Wakes a stream and remembers that it has to end.
struct StreamWaker {
  std::atomic<bool> ended = false;
  std::shared_ptr<rpc::StreamSignal> signal;

  OrderHub::Wake Callback(std::shared_ptr<StreamWaker> self) {
    return [self](bool end) {
      if (end) self->ended = true;
      self->signal->Wake();
    };
  }
};

absl::Status Away() {
  return MakeError(Reason::DEPENDENCY_UNAVAILABLE,
                   "terminal_session is away: no streams");
}

}  // namespace

absl::Status OrderStreams::EndOf(bool was_ended) const {
  // Not in order: whoever watches opens the stream again.
  if (was_ended && deps_.ends.away()) return Away();
  return absl::OkStatus();
}

Caller CallerOf(const rpc::Call& call) {
  Caller caller;
  caller.spiffe_id = call.peer.spiffe_id;
  caller.key_hash = call.peer.key_hash;
  caller.deadline = call.deadline;
  caller.trace_id = call.trace_id;
  return caller;
}

Awaitable<absl::Status> OrderStreams::WatchOrder(
    const rpc::Call& call, const order::v1::WatchOrderRequest& request,
    rpc::StreamWriter<order::v1::WatchOrderResponse>& writer) {
  const std::string order_id = request.order_id();
  auto waker = std::make_shared<StreamWaker>();
  waker->signal = writer.signal();
  Caller caller = CallerOf(call);
  caller.deadline = std::min(call.deadline, absl::Now() + kCheck);
  // Subscribed before the check, so that no end falls between the two.
  std::set<std::string> topics = {OrderTopic(order_id),
                                  SessionTopic(request.session_id())};
  OrderHub::Subscription subscription =
      deps_.book.hub().Subscribe(std::move(topics), waker->Callback(waker));
  CO_ASSIGN_OR_RETURN(
      Order order, co_await deps_.orders.Get(caller, request.shift_token(),
                                             request.session_id(), order_id));
  std::set<std::string> standing_topics = {
      TerminalTopic(order.terminal), ClerkTopic(order.clerk),
      ShopTopic(order.shop), ShiftTopic(order.shift)};
  OrderHub::Subscription standing_subscription = deps_.book.hub().Subscribe(
      std::move(standing_topics), waker->Callback(waker));
  if (deps_.ends.away()) co_return Away();

  int64_t sent_version = -1;
  while (!writer.cancelled() && !waker->ended) {
    if (order.version != sent_version) {
      order::v1::WatchOrderResponse response;
      *response.mutable_order() = ToProto(order);
      if (!co_await writer.Write(response)) break;
      sent_version = order.version;
    }
    if (IsEnd(order.state)) break;
    // Every change wakes: this process's by the hub, others' by the feed.
    co_await writer.Wait(absl::InfiniteDuration());
    if (writer.cancelled() || waker->ended) break;
    CO_ASSIGN_OR_RETURN(order, co_await deps_.book.store().Get(order_id));
  }
  co_return EndOf(waker->ended);
}

Awaitable<absl::Status> OrderStreams::WatchDisplay(
    const rpc::Call& call,
    rpc::StreamWriter<order::v1::WatchDisplayResponse>& writer) {
  const std::string display = call.peer.shop + "/" + call.peer.id;
  auto waker = std::make_shared<StreamWaker>();
  waker->signal = writer.signal();
  std::set<std::string> topics = {DisplayTopic(display),
                                  ShopTopic(call.peer.shop)};
  OrderHub::Subscription subscription =
      deps_.book.hub().Subscribe(std::move(topics), waker->Callback(waker));
  Caller caller = CallerOf(call);
  caller.deadline = std::min(call.deadline, absl::Now() + kCheck);
  const absl::StatusOr<Standing> standing =
      co_await deps_.authority.Check(std::move(caller), "", "");
  // A display may wait for its next customer.
  if (!standing.ok() &&
      !HasReason(standing.status(), Reason::SESSION_NOT_OPEN)) {
    co_return standing.status();
  }
  if (deps_.ends.away()) co_return Away();

  std::optional<std::string> sent;
  while (!writer.cancelled() && !waker->ended) {
    CO_ASSIGN_OR_RETURN(const std::optional<Order> order,
                        co_await deps_.book.store().CurrentOfDisplay(display));
    order::v1::WatchDisplayResponse response;
    if (order.has_value()) *response.mutable_order() = ToDisplayProto(*order);
    const std::string bytes = response.SerializeAsString();
    if (bytes != sent) {
      if (!co_await writer.Write(response)) break;
      sent = bytes;
    }
    co_await writer.Wait(absl::InfiniteDuration());
  }
  co_return EndOf(waker->ended);
}

}  // namespace shiming::profile_order

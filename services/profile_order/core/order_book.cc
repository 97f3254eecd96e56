#include "services/profile_order/core/order_book.h"

#include <utility>

#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

constexpr char kOrdersHelp[] = "Orders that entered a state.";
constexpr char kStageHelp[] = "Time that orders spent in a state.";

std::string Label(OrderState state) { return std::string(NameOf(state)); }

}  // namespace

void OrderBook::Announce(const Updated& updated) {
  if (!updated.changed) return;
  const Order& order = updated.order;
  if (order.state != updated.state_before) {
    deps_.metrics
        .counter("shiming_orders_total", kOrdersHelp,
                 {{"state", Label(order.state)}})
        .Increment(1);
    deps_.metrics
        .histogram("shiming_order_stage_seconds", kStageHelp,
                   {{"stage", Label(updated.state_before)}})
        .Observe(static_cast<double>(order.state_us - updated.state_us_before) /
                 1e6);
  }
  deps_.record.Poke();
  deps_.hub.Announce(order.order_id, order.display, order.version);
}

Awaitable<absl::StatusOr<Order>> OrderBook::Create(NewOrder order) {
  absl::StatusOr<Order> created = co_await deps_.store.Create(std::move(order));
  if (created.ok()) {
    deps_.metrics
        .counter("shiming_orders_total", kOrdersHelp,
                 {{"state", Label(OrderState::kOrdering)}})
        .Increment(1);
    deps_.record.Poke();
    deps_.hub.Announce(created->order_id, created->display, created->version);
  }
  co_return created;
}

Awaitable<absl::StatusOr<Order>> OrderBook::Update(
    std::string order_id, Decide decide, std::optional<RequestKey> request) {
  CO_ASSIGN_OR_RETURN(
      Updated updated,
      co_await deps_.store.Update(std::move(order_id), std::move(decide),
                                  std::move(request)));
  Announce(updated);
  co_return std::move(updated.order);
}

Awaitable<absl::StatusOr<NoticeOutcome>> OrderBook::AddNotice(
    DownloadNotice notice, int64_t received_us, DecideNotice decide,
    ledger::v1::Event stray) {
  CO_ASSIGN_OR_RETURN(
      NoticeOutcome outcome,
      co_await deps_.store.AddNotice(std::move(notice), received_us,
                                     std::move(decide), std::move(stray)));
  if (outcome.updated.has_value()) Announce(*outcome.updated);
  if (outcome.stray) deps_.record.Poke();
  co_return outcome;
}

Awaitable<absl::StatusOr<Order>> OrderBook::ApplyPendingNotices(
    std::string order_id, DecideNotice decide) {
  CO_ASSIGN_OR_RETURN(Updated updated,
                      co_await deps_.store.ApplyPendingNotices(
                          std::move(order_id), std::move(decide)));
  Announce(updated);
  co_return std::move(updated.order);
}

}  // namespace shiming::profile_order

#include "services/profile_order/store/repair_facts.h"

#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"

namespace shiming::profile_order {
namespace {

using ledger::v1::Event;
namespace ledger_v1 = ledger::v1;

constexpr std::string_view kOrderPrefix = "order/";
// SGP.22 v2.2, 5.3.5: EID refused at the eligibility check, point 1.
constexpr char kOtherEidCode[] = "8.1.1/3.8";
constexpr int kPointEligibility = 1;

void Add(const Event& event, OrderFacts& order) {
  order.last = event;
  order.unalarmed = false;
  switch (event.kind()) {
    case ledger_v1::EVENT_KIND_ORDER_PLACED:
      order.placed = event;
      return;
    case ledger_v1::EVENT_KIND_DOWNLOAD_PROGRESS:
      order.unalarmed =
          event.order_details().notification_point() == kPointEligibility &&
          event.order_details().status_code() == kOtherEidCode;
      return;
    case ledger_v1::EVENT_KIND_PROFILE_INSTALLED:
      order.proven = OrderState::kInstalled;
      return;
    case ledger_v1::EVENT_KIND_ORDER_CLOSED:
      order.proven = OrderState::kClosed;
      return;
    case ledger_v1::EVENT_KIND_ORDER_CANCELLED:
      order.proven = OrderState::kCancelled;
      return;
    case ledger_v1::EVENT_KIND_ORDER_EXPIRED:
      order.proven = OrderState::kExpired;
      return;
    case ledger_v1::EVENT_KIND_ORDER_FAILED:
      order.proven = OrderState::kFailed;
      return;
    case ledger_v1::EVENT_KIND_ORDER_FROZEN:
      order.proven = OrderState::kFrozen;
      return;
    default:
      return;  // READY, CODE_REVEALED, ALARM
  }
}

bool IsKnownKind(ledger_v1::EventKind kind) {
  switch (kind) {
    case ledger_v1::EVENT_KIND_ORDER_PLACED:
    case ledger_v1::EVENT_KIND_ORDER_READY:
    case ledger_v1::EVENT_KIND_CODE_REVEALED:
    case ledger_v1::EVENT_KIND_DOWNLOAD_PROGRESS:
    case ledger_v1::EVENT_KIND_PROFILE_INSTALLED:
    case ledger_v1::EVENT_KIND_ORDER_CLOSED:
    case ledger_v1::EVENT_KIND_ORDER_CANCELLED:
    case ledger_v1::EVENT_KIND_ORDER_EXPIRED:
    case ledger_v1::EVENT_KIND_ORDER_FAILED:
    case ledger_v1::EVENT_KIND_ORDER_FROZEN:
    case ledger_v1::EVENT_KIND_ALARM:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<RepairFacts> FactsOf(const outbox::RecordGap& gap) {
  RepairFacts facts;
  std::map<std::string, size_t> places;  // order id to its place in facts
  for (const outbox::GapEntry& entry : gap) {
    const Event& event = entry.event;
    const std::string& aggregate = event.id().aggregate();
    if (event.kind() == ledger_v1::EVENT_KIND_INVENTORY_IMPORTED) {
      facts.imports.push_back(event);
      continue;
    }
    if (event.kind() == ledger_v1::EVENT_KIND_DATABASE_REPAIRED) continue;
    if (!IsKnownKind(event.kind())) {
      return MakeError(
          Reason::INTERNAL_ERROR,
          absl::StrCat("an event of kind ", static_cast<int>(event.kind()),
                       " cannot be repaired"));
    }
    // A notice of no order.
    if (!std::string_view(aggregate).starts_with(kOrderPrefix)) continue;
    const std::string order_id = aggregate.substr(kOrderPrefix.size());
    const auto [place, is_new] =
        places.try_emplace(order_id, facts.orders.size());
    if (is_new) facts.orders.push_back({.order_id = order_id});
    Add(event, facts.orders[place->second]);
  }
  return facts;
}

Event DraftFrom(const Event& recorded, ledger_v1::EventKind kind) {
  Event draft = recorded;
  draft.set_kind(kind);
  draft.clear_after();
  draft.clear_once_key();
  draft.clear_trace_id();
  draft.clear_commitments();
  draft.clear_refused_reason();
  const std::string smdp = recorded.order_details().smdp_peer();
  draft.clear_details();
  draft.mutable_order_details()->set_smdp_peer(smdp);
  return draft;
}

std::string PseudonymIn(const Event& event, ledger_v1::PseudonymField field) {
  for (const ledger_v1::Pseudonym& pseudonym : event.pseudonyms()) {
    if (pseudonym.field() == field) return pseudonym.value();
  }
  return "";
}

}  // namespace shiming::profile_order

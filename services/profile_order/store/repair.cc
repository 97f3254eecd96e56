#include "services/profile_order/store/repair.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "common/time/proto_time.h"
#include "services/profile_order/store/order_rows.h"
#include "services/profile_order/store/recorded_rows.h"
#include "services/profile_order/store/repair_facts.h"
#include "services/profile_order/store/repair_stock.h"
#include "services/profile_order/store/stock_rows.h"

namespace shiming::profile_order {
namespace {

using ledger::v1::Event;
using sql::Value;

// Nothing but two admins can tell what became of a frozen order.
constexpr std::string_view kFrozenReason = "INSTALL_UNKNOWN";
// As profile_order writes it into ALARM.
constexpr char kWrongEid[] = "WRONG_EID";

class Repairer {
 public:
  Repairer(sql::Transaction& tx, const RepairContext& context,
           const RepairFacts& facts)
      : tx_(tx), context_(context), facts_(facts) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    // Those of the copy first: what they give back, later ones may have taken.
    std::vector<const OrderFacts*> unknown;
    for (const OrderFacts& order : facts_.orders) {
      const absl::StatusOr<Order> known = ReadOrder(tx_, order.order_id);
      if (known.ok()) {
        RETURN_IF_ERROR(RepairKnown(*known, order));
      } else if (HasReason(known.status(), Reason::ORDER_UNKNOWN)) {
        unknown.push_back(&order);
      } else {
        return known.status();
      }
    }
    ASSIGN_OR_RETURN(found_, Find(unknown));
    for (const OrderFacts* order : unknown) {
      RETURN_IF_ERROR(RepairUnknown(*order));
    }
    for (const Event& event : facts_.imports) {
      Line(event.id().aggregate(), " (", event.inventory().kind(), ", ",
           event.inventory().added_count(), " rows) is lost: import it again");
    }
    return std::move(lines_);
  }

 private:
  template <class... Parts>
  void Line(const Parts&... parts) {
    lines_.push_back(absl::StrCat(parts...));
  }
  static std::string Name(OrderState state) {
    return std::string(NameOf(state));
  }

  absl::Status AddEvent(Event draft) const {
    return context_.outbox.Add(tx_, std::move(draft)).status();
  }

  // ALARM of a download by another EID, where the record lacks it, then `kind`.
  absl::Status AddEvents(const OrderFacts& facts,
                         ledger::v1::EventKind kind) const {
    if (facts.unalarmed) {
      Event alarm = DraftFrom(facts.last, ledger::v1::EVENT_KIND_ALARM);
      alarm.set_refused_reason(kWrongEid);
      alarm.mutable_order_details()->set_status_code(
          facts.last.order_details().status_code());
      RETURN_IF_ERROR(AddEvent(std::move(alarm)));
    }
    Event draft = DraftFrom(facts.last, kind);
    if (kind == ledger::v1::EVENT_KIND_ORDER_FROZEN) {
      draft.set_refused_reason(std::string(kFrozenReason));
    }
    return AddEvent(std::move(draft));
  }

  // --- orders of the copy

  absl::Status RepairKnown(const Order& before, const OrderFacts& facts) {
    if (IsEnd(before.state)) return absl::OkStatus();
    const bool stays = before.state == OrderState::kFrozen ||
                       before.state == OrderState::kInstalled;
    if (!facts.proven.has_value() && stays) return absl::OkStatus();
    const OrderState state = facts.proven.value_or(OrderState::kFrozen);
    if (!facts.proven.has_value()) {
      RETURN_IF_ERROR(AddEvents(facts, ledger::v1::EVENT_KIND_ORDER_FROZEN));
    }
    Change change = ChangeTo(state, before, facts);
    change.order.version = before.version + 1;
    RETURN_IF_ERROR(UpdateOrder(tx_, before, change.order));
    RETURN_IF_ERROR(StoreEffects(tx_, change));
    if (IsEnd(state)) {
      RETURN_IF_ERROR(
          context_.outbox.Release(tx_, AggregateOf(before.order_id)));
    }
    Line("order ", before.order_id, ": ", Name(before.state), " becomes ",
         Name(state));
    return absl::OkStatus();
  }

  Change ChangeTo(OrderState state, const Order& before,
                  const OrderFacts& facts) const {
    Change change{.order = before};
    Order& after = change.order;
    after.state = state;
    after.state_us = context_.now_us;
    after.expire_us = 0;
    after.notices_pending = false;
    if (after.call.has_value() && after.call->state == CallState::kSent) {
      after.call->state = CallState::kUnknown;
      after.any_unknown = true;
    }
    switch (state) {
      case OrderState::kInstalled:
        // The worker closes it, as after every session.
        after.session_over = true;
        change.iccid = IccidEffect::kInstalled;
        break;
      case OrderState::kClosed:
        after.session_over = true;
        if (before.state != OrderState::kInstalled) {
          change.iccid = IccidEffect::kInstalled;
        }
        break;
      case OrderState::kFrozen:
        after.failed_reason = std::string(kFrozenReason);
        after.any_unknown = true;
        break;
      default:
        after.cause =
            static_cast<EndCause>(facts.last.order_details().cancel_reason());
        after.failed_reason = facts.last.refused_reason();
        after.status_code = facts.last.order_details().status_code();
        change.number = NumberEffect::kFree;
        // The record does not say what became of the profile.
        change.iccid = IccidEffect::kHeld;
        change.person_delta = -1;
        change.eid_delta = -1;
        break;
    }
    return change;
  }

  // --- orders that the record alone knows

  absl::StatusOr<FoundValues> Find(
      const std::vector<const OrderFacts*>& orders) const {
    WantedValues wanted;
    for (const OrderFacts* order : orders) {
      if (!order->placed.has_value()) {
        return MakeError(Reason::INTERNAL_ERROR,
                         absl::StrCat("order ", order->order_id,
                                      " is neither in the database nor "
                                      "placed in the gap"));
      }
      const Event& placed = *order->placed;
      wanted.eids.insert(PseudonymIn(placed, ledger::v1::PSEUDONYM_FIELD_EID));
      wanted.iccids.insert(
          PseudonymIn(placed, ledger::v1::PSEUDONYM_FIELD_ICCID));
      wanted.msisdns.insert(
          PseudonymIn(placed, ledger::v1::PSEUDONYM_FIELD_MSISDN));
    }
    return FindValues(tx_, context_.events, wanted);
  }

  absl::Status RepairUnknown(const OrderFacts& facts) {
    const Event& placed = *facts.placed;
    OrderState state = facts.proven.value_or(OrderState::kFrozen);
    if (!facts.proven.has_value()) {
      RETURN_IF_ERROR(AddEvents(facts, ledger::v1::EVENT_KIND_ORDER_FROZEN));
    } else if (state == OrderState::kInstalled) {
      RETURN_IF_ERROR(AddEvents(facts, ledger::v1::EVENT_KIND_ORDER_CLOSED));
      state = OrderState::kClosed;
    }
    RecordedOrder order = {
        .order_id = facts.order_id,
        .person_id = placed.person_id(),
        .state = state,
        .recorded_us = ToMicros(FromProto(facts.last.time())),
        .eid_pseudonym = PseudonymIn(placed, ledger::v1::PSEUDONYM_FIELD_EID),
        .iccid_pseudonym =
            PseudonymIn(placed, ledger::v1::PSEUDONYM_FIELD_ICCID),
        .msisdn_pseudonym =
            PseudonymIn(placed, ledger::v1::PSEUDONYM_FIELD_MSISDN)};
    RETURN_IF_ERROR(SpendAttestation(placed, facts.order_id));
    if (HoldsNumber(state)) {
      RETURN_IF_ERROR(CountUp(order));
    }
    RETURN_IF_ERROR(InsertRecordedOrder(tx_, order));
    return TakeOutOfStock(order);
  }

  absl::Status SpendAttestation(const Event& placed,
                                const std::string& order_id) const {
    return tx_
        .InsertIgnore(
            "INSERT INTO attestations_spent (route, attestation_id, order_id, "
            "spent_us) VALUES ($1, $2, $3, $4)",
            {Value::Int(RouteOf(placed.person_id())),
             Value::Text(placed.order_details().attestation_id()),
             Value::Text(order_id),
             Value::Int(ToMicros(FromProto(placed.time())))})
        .status();
  }

  // What the order holds counts, whatever the limit: it is a fact.
  absl::Status CountUp(RecordedOrder& order) {
    const sql::Params person = {Value::Int(RouteOf(order.person_id)),
                                Value::Text(order.person_id)};
    RETURN_IF_ERROR(
        tx_.InsertIgnore("INSERT INTO person_usage (route, person_id, live) "
                         "VALUES ($1, $2, 0)",
                         person)
            .status());
    RETURN_IF_ERROR(
        tx_.ExecuteOne("UPDATE person_usage SET live = live + 1 "
                       "WHERE route = $1 AND person_id = $2",
                       person, Reason::INTERNAL_ERROR));
    const auto eid = found_.eids.find(order.eid_pseudonym);
    if (eid == found_.eids.end()) return absl::OkStatus();
    order.eid = eid->second;
    return tx_.ExecuteOne("UPDATE eid_usage SET live = live + 1 WHERE eid = $1",
                          {Value::Text(order.eid)}, Reason::INTERNAL_ERROR);
  }

  absl::Status TakeOutOfStock(const RecordedOrder& order) {
    const auto iccid = found_.iccids.find(order.iccid_pseudonym);
    if (iccid != found_.iccids.end()) {
      RETURN_IF_ERROR(
          TakeRecordedIccid(tx_, iccid->second, iccid->first).status());
    }
    const auto number = found_.msisdns.find(order.msisdn_pseudonym);
    if (number != found_.msisdns.end()) {
      RETURN_IF_ERROR(
          TakeRecordedNumber(tx_, number->second, number->first).status());
    }
    Line("order ", order.order_id, ", known by the record only, is ",
         Name(order.state), ": attestation spent",
         HoldsNumber(order.state) ? ", person and EID counted" : "",
         iccid == found_.iccids.end() ? ", ICCID taken when it is imported"
                                      : ", ICCID taken",
         number == found_.msisdns.end() ? ", number taken when it is imported"
         : HoldsNumber(order.state)     ? ", number taken"
                                        : "");
    return absl::OkStatus();
  }

  sql::Transaction& tx_;
  const RepairContext& context_;
  const RepairFacts& facts_;
  FoundValues found_;
  std::vector<std::string> lines_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RepairDatabase(
    sql::Transaction& tx, const outbox::RecordGap& gap,
    const RepairContext& context) {
  ASSIGN_OR_RETURN(const RepairFacts facts, FactsOf(gap));
  return Repairer(tx, context, facts).Run();
}

}  // namespace shiming::profile_order

#include "services/profile_order/core/order.h"

#include "google/protobuf/util/time_util.h"

namespace shiming::profile_order {
namespace {

using google::protobuf::util::TimeUtil;

// The last `count` characters, or all of a shorter text.
std::string Tail(const std::string& text, size_t count) {
  return text.size() <= count ? text : text.substr(text.size() - count);
}

std::string Masked(const std::string& msisdn) {
  return "*******" + Tail(msisdn, 4);
}

order::v1::ProfileOrderState ProtoState(OrderState state) {
  return static_cast<order::v1::ProfileOrderState>(state);
}

static_assert(static_cast<int>(OrderState::kOrdering) ==
              order::v1::PROFILE_ORDER_STATE_ORDERING);
static_assert(static_cast<int>(OrderState::kFrozen) ==
              order::v1::PROFILE_ORDER_STATE_FROZEN);
static_assert(static_cast<int>(OrderState::kCancelling) ==
              order::v1::PROFILE_ORDER_STATE_CANCELLING);
static_assert(static_cast<int>(EndCause::kInstallFailed) ==
              order::v1::CANCEL_REASON_INSTALL_FAILED);

}  // namespace

std::string_view NameOf(OrderState state) {
  switch (state) {
    case OrderState::kOrdering:
      return "ORDERING";
    case OrderState::kReady:
      return "READY";
    case OrderState::kRevealing:
      return "REVEALING";
    case OrderState::kRevealed:
      return "REVEALED";
    case OrderState::kDownloading:
      return "DOWNLOADING";
    case OrderState::kInstalled:
      return "INSTALLED";
    case OrderState::kClosed:
      return "CLOSED";
    case OrderState::kCancelling:
      return "CANCELLING";
    case OrderState::kCancelled:
      return "CANCELLED";
    case OrderState::kExpired:
      return "EXPIRED";
    case OrderState::kFailed:
      return "FAILED";
    case OrderState::kFrozen:
      return "FROZEN";
  }
  return "UNKNOWN";
}

bool IsEnd(OrderState state) {
  switch (state) {
    case OrderState::kClosed:
    case OrderState::kCancelled:
    case OrderState::kExpired:
    case OrderState::kFailed:
      return true;
    default:
      return false;
  }
}

bool IsErased(const Order& order) { return order.iccid == kErased; }

std::optional<int64_t> DueOf(const Order& order) {
  if (order.notices_pending && order.state != OrderState::kRevealing) return 0;
  const int64_t work_us =
      order.call.has_value() && order.call->state == CallState::kSent
          ? order.call->sent_us + absl::ToInt64Microseconds(kCallInFlight)
          : 0;
  switch (order.state) {
    case OrderState::kOrdering:
    case OrderState::kRevealing:
      return work_us;
    case OrderState::kCancelling:
      // With expire_us it only waits for an install notice.
      return order.expire_us != 0 ? order.expire_us : work_us;
    case OrderState::kReady:
    case OrderState::kRevealed:
    case OrderState::kDownloading:
      return order.expire_us;
    case OrderState::kInstalled:
      return order.session_over ? 0 : order.expire_us;
    default:
      return std::nullopt;
  }
}

std::string AggregateOf(std::string_view order_id) {
  return "order/" + std::string(order_id);
}

ledger::v1::EventId EventOf(const Order& order, int64_t version) {
  ledger::v1::EventId id;
  id.set_source("profile_order");
  id.set_aggregate(AggregateOf(order.order_id));
  id.set_version(version);
  return id;
}

order::v1::ProfileOrder ToProto(const Order& order) {
  order::v1::ProfileOrder proto;
  proto.set_order_id(order.order_id);
  proto.set_state(ProtoState(order.state));
  proto.set_session_id(order.session_id);
  proto.set_terminal(order.terminal);
  proto.set_display(order.display);
  proto.set_kind(static_cast<identity::v1::OrderKind>(order.kind));
  proto.set_profile_type(order.profile_type);
  if (!IsErased(order)) {
    proto.set_msisdn_masked(Masked(order.msisdn));
    proto.set_eid_suffix(Tail(order.eid, 6));
    proto.set_iccid(order.iccid);
  }
  proto.set_cancel_reason(static_cast<order::v1::CancelReason>(order.cause));
  proto.set_failed_reason(order.failed_reason);
  proto.set_smdp_status_code(order.status_code);
  *proto.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(order.created_us);
  if (order.expire_us != 0) {
    *proto.mutable_expire_time() =
        TimeUtil::MicrosecondsToTimestamp(order.expire_us);
  }
  proto.set_version(order.version);
  return proto;
}

order::v1::DisplayOrder ToDisplayProto(const Order& order) {
  order::v1::DisplayOrder proto;
  proto.set_order_id(order.order_id);
  proto.set_state(ProtoState(order.state));
  proto.set_profile_type(order.profile_type);
  proto.set_msisdn_masked(Masked(order.msisdn));
  proto.set_eid_suffix(Tail(order.eid, 6));
  if (order.expire_us != 0) {
    *proto.mutable_expire_time() =
        TimeUtil::MicrosecondsToTimestamp(order.expire_us);
  }
  return proto;
}

}  // namespace shiming::profile_order

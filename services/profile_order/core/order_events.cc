#include "services/profile_order/core/order_events.h"

#include <utility>

#include "common/crypto/digest.h"
#include "google/protobuf/util/time_util.h"

namespace shiming::profile_order {
namespace {

using google::protobuf::util::TimeUtil;
using ledger::v1::Event;

void AddCommitment(Event& event, ledger::v1::CommitmentField field,
                   const std::string& commitment) {
  if (commitment.empty()) return;
  ledger::v1::Commitment* added = event.add_commitments();
  added->set_field(field);
  added->set_sha256(commitment);
}

void AddCommitments(Event& event, const Order& order) {
  AddCommitment(event, ledger::v1::COMMITMENT_FIELD_DEVICE,
                order.device_commitment);
  AddCommitment(event, ledger::v1::COMMITMENT_FIELD_CONSENT,
                order.consent_commitment);
}

}  // namespace

OrderEvents::OrderEvents(crypto::Secret pseudonym_key)
    : key_(std::move(pseudonym_key)) {}

std::string OrderEvents::PseudonymOf(std::string_view field,
                                     std::string_view value) const {
  std::string data(field);
  data.push_back('\0');
  data.append(value);
  return crypto::HmacSha256(key_.Reveal(), data);
}

Event OrderEvents::Base(const Order& order, ledger::v1::EventKind kind) const {
  Event event;
  event.mutable_id()->set_aggregate(AggregateOf(order.order_id));
  event.set_kind(kind);
  event.set_shop(order.shop);
  event.set_terminal(order.terminal);
  event.set_display(order.display);
  event.set_clerk(order.clerk);
  event.set_shift(order.shift);
  event.set_session(order.session_id);
  event.set_order(order.order_id);
  event.set_verification(order.verification_id);
  event.set_policy_version(order.policy_version);
  event.set_person_id(order.person_id);
  const auto add = [&](ledger::v1::PseudonymField field, std::string_view name,
                       const std::string& value) {
    ledger::v1::Pseudonym* pseudonym = event.add_pseudonyms();
    pseudonym->set_field(field);
    pseudonym->set_value(PseudonymOf(name, value));
  };
  add(ledger::v1::PSEUDONYM_FIELD_EID, "eid", order.eid);
  add(ledger::v1::PSEUDONYM_FIELD_ICCID, "iccid", order.iccid);
  add(ledger::v1::PSEUDONYM_FIELD_MSISDN, "msisdn", order.msisdn);
  return event;
}

Event OrderEvents::Placed(const Order& order,
                          const ledger::v1::EventId& verified,
                          int64_t person_live, int64_t eid_live,
                          std::string_view trace_id) const {
  Event event = Base(order, ledger::v1::EVENT_KIND_ORDER_PLACED);
  *event.add_after() = verified;
  event.set_once_key("attestation/" + order.attestation_id);
  event.set_trace_id(std::string(trace_id));
  AddCommitments(event, order);
  ledger::v1::OrderDetails* details = event.mutable_order_details();
  details->set_attestation_id(order.attestation_id);
  details->set_profile_type(order.profile_type);
  details->set_person_live(static_cast<int32_t>(person_live));
  details->set_eid_live(static_cast<int32_t>(eid_live));
  details->set_order_kind(order.kind);
  details->set_smdp_peer(order.smdp);
  return event;
}

Event OrderEvents::Ready(const Order& order) const {
  Event event = Base(order, ledger::v1::EVENT_KIND_ORDER_READY);
  event.mutable_order_details()->set_smdp_peer(order.smdp);
  return event;
}

Event OrderEvents::Revealed(const Order& order) const {
  Event event = Base(order, ledger::v1::EVENT_KIND_CODE_REVEALED);
  *event.add_after() = order.permit_event;
  event.set_once_key("reveal/" + order.order_id);
  AddCommitments(event, order);
  AddCommitment(event, ledger::v1::COMMITMENT_FIELD_ACTIVATION_CODE,
                order.code_commitment);
  ledger::v1::OrderDetails* details = event.mutable_order_details();
  details->set_permit_id(order.permit_id);
  details->set_request_id_sha256(crypto::Sha256(order.reveal_request_id));
  *details->mutable_code_expire_time() =
      TimeUtil::MicrosecondsToTimestamp(order.code_expire_us);
  details->set_smdp_peer(order.smdp);
  return event;
}

Event OrderEvents::Progress(const Order& order,
                            const DownloadNotice& notice) const {
  Event event = Base(order, ledger::v1::EVENT_KIND_DOWNLOAD_PROGRESS);
  ledger::v1::OrderDetails* details = event.mutable_order_details();
  details->set_notification_point(notice.point);
  details->set_status_code(notice.status_code);
  details->set_smdp_peer(notice.smdp_peer);
  return event;
}

Event OrderEvents::Installed(const Order& order,
                             const DownloadNotice& notice) const {
  Event event = Progress(order, notice);
  event.set_kind(ledger::v1::EVENT_KIND_PROFILE_INSTALLED);
  return event;
}

Event OrderEvents::Ended(const Order& order) const {
  ledger::v1::EventKind kind = ledger::v1::EVENT_KIND_ORDER_CANCELLED;
  switch (order.state) {
    case OrderState::kClosed:
      kind = ledger::v1::EVENT_KIND_ORDER_CLOSED;
      break;
    case OrderState::kExpired:
      kind = ledger::v1::EVENT_KIND_ORDER_EXPIRED;
      break;
    case OrderState::kFailed:
      kind = ledger::v1::EVENT_KIND_ORDER_FAILED;
      break;
    case OrderState::kFrozen:
      kind = ledger::v1::EVENT_KIND_ORDER_FROZEN;
      break;
    default:
      break;
  }
  Event event = Base(order, kind);
  event.set_refused_reason(order.failed_reason);
  ledger::v1::OrderDetails* details = event.mutable_order_details();
  details->set_cancel_reason(static_cast<int32_t>(order.cause));
  details->set_status_code(order.status_code);
  details->set_smdp_peer(order.smdp);
  return event;
}

Event OrderEvents::Alarm(const Order& order, std::string_view reason,
                         std::string_view status_code) const {
  Event event = Base(order, ledger::v1::EVENT_KIND_ALARM);
  event.set_refused_reason(std::string(reason));
  ledger::v1::OrderDetails* details = event.mutable_order_details();
  details->set_status_code(std::string(status_code));
  details->set_smdp_peer(order.smdp);
  return event;
}

Event OrderEvents::StrayNotice(const DownloadNotice& notice) const {
  Event event;
  event.mutable_id()->set_aggregate("notice/" + notice.digest);
  event.set_kind(ledger::v1::EVENT_KIND_ALARM);
  event.set_refused_reason("NOTICE_OF_NO_ORDER");
  ledger::v1::Pseudonym* pseudonym = event.add_pseudonyms();
  pseudonym->set_field(ledger::v1::PSEUDONYM_FIELD_ICCID);
  pseudonym->set_value(PseudonymOf("iccid", notice.iccid));
  ledger::v1::OrderDetails* details = event.mutable_order_details();
  details->set_notification_point(notice.point);
  details->set_status_code(notice.status_code);
  details->set_smdp_peer(notice.smdp_peer);
  return event;
}

}  // namespace shiming::profile_order

#include "services/profile_order/core/orders.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/crypto/commitment.h"
#include "common/ids/eid.h"
#include "common/ids/ids.h"
#include "common/ids/imei.h"
#include "common/ids/msisdn.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "services/profile_order/core/request_key.h"

namespace shiming::profile_order {
namespace {

using google::protobuf::util::TimeUtil;

constexpr size_t kMaxTextBytes = 64;
constexpr size_t kSaltBytes = 32;
constexpr int kDefaultNumbers = 10;
constexpr int kMaxNumbers = 50;
// Clocks of shop devices may be ahead by so much.
constexpr absl::Duration kClockSkew = absl::Minutes(5);

absl::Status CheckText(std::string_view text, std::string_view field) {
  if (text.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "a field is empty",
                     {.field = std::string(field)});
  }
  if (text.size() > kMaxTextBytes) {
    return MakeError(Reason::FIELD_TOO_LONG, "a field is over 64 bytes",
                     {.field = std::string(field)});
  }
  return absl::OkStatus();
}

absl::Status CheckConsent(const order::v1::Consent& consent, absl::Time now) {
  RETURN_IF_ERROR(CheckText(consent.text_id(), "consent.text_id"));
  RETURN_IF_ERROR(CheckText(consent.text_version(), "consent.text_version"));
  RETURN_IF_ERROR(CheckText(consent.locale(), "consent.locale"));
  if (!consent.has_agree_time()) {
    return MakeError(Reason::FIELD_REQUIRED, "no time of consent",
                     {.field = "consent.agree_time"});
  }
  const absl::Time agreed =
      FromMicros(TimeUtil::TimestampToMicroseconds(consent.agree_time()));
  if (agreed > now + kClockSkew) {
    return MakeError(Reason::INVALID_REQUEST, "the consent is in the future",
                     {.field = "consent.agree_time"});
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const order::v1::CreateOrderRequest& request,
                       absl::Time now) {
  RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  RETURN_IF_ERROR(CheckText(request.profile_type(), "profile_type"));
  RETURN_IF_ERROR(CheckText(request.reservation_id(), "reservation_id"));
  RETURN_IF_ERROR(
      Under("device.eid", Eid::Parse(request.device().eid()).status()));
  RETURN_IF_ERROR(
      Under("device.imei", Imei::Parse(request.device().imei()).status()));
  if (request.device().device_salt().size() != kSaltBytes) {
    return MakeError(Reason::INVALID_REQUEST, "the salt is not 32 bytes long",
                     {.field = "device.device_salt"});
  }
  return CheckConsent(request.consent(), now);
}

std::string DeviceValue(const order::v1::DeviceOpening& device) {
  return device.eid() + device.imei();
}

absl::Status OrderUnknown() {
  return MakeError(Reason::ORDER_UNKNOWN, "this session has no such order");
}

}  // namespace

RequestKey Orders::KeyOf(const Caller& caller, std::string_view method,
                         const std::string& request_id,
                         const google::protobuf::Message& content) const {
  return MakeRequestKey(deps_.content_key, caller.spiffe_id, method, request_id,
                        content);
}

int64_t Orders::RandomPick() const {
  const std::string bytes = deps_.random.Bytes(sizeof(int64_t));
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return static_cast<int64_t>(value >> 1);
}

Awaitable<absl::StatusOr<DeviceModel>> Orders::CheckModel(
    const std::string& imei) {
  CO_ASSIGN_OR_RETURN(const Imei parsed, Imei::Parse(imei));
  CO_ASSIGN_OR_RETURN(const std::optional<DeviceModel> model,
                      co_await deps_.stock.FindDevice(parsed.Tac()));
  if (!model.has_value()) {
    co_return MakeError(Reason::DEVICE_UNKNOWN,
                        "no device model has this type allocation code");
  }
  if (!model->eligible) {
    co_return MakeError(Reason::DEVICE_NOT_ELIGIBLE,
                        "the device model is not eligible");
  }
  co_return *model;
}

Awaitable<absl::StatusOr<order::v1::CheckDeviceResponse>> Orders::CheckDevice(
    Caller caller, order::v1::CheckDeviceRequest request) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.authority.Check(
                          caller, request.shift_token(), request.session_id()));
  CO_RETURN_IF_ERROR(Under("eid", Eid::Parse(request.eid()).status()));
  CO_RETURN_IF_ERROR(Under("imei", Imei::Parse(request.imei()).status()));
  CO_ASSIGN_OR_RETURN(const DeviceModel model,
                      co_await CheckModel(request.imei()));
  CO_ASSIGN_OR_RETURN(
      const int64_t live,
      co_await deps_.stock.LiveOnEid(
          request.eid(), deps_.events.PseudonymOf("eid", request.eid())));
  if (live >= deps_.limits.numbers_per_eid) {
    co_return MakeError(Reason::EID_LIMIT_REACHED,
                        "the EID carries as many numbers as it may");
  }
  order::v1::CheckDeviceResponse response;
  response.set_model(model.model);
  response.set_live_count(static_cast<int32_t>(live));
  co_return response;
}

Awaitable<absl::StatusOr<order::v1::ListNumbersResponse>> Orders::ListNumbers(
    Caller caller, order::v1::ListNumbersRequest request) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.authority.Check(
                          caller, request.shift_token(), request.session_id()));
  if (request.page_size() < 0) {
    co_return MakeError(Reason::INVALID_REQUEST, "page_size is negative",
                        {.field = "page_size"});
  }
  const int64_t limit =
      request.page_size() == 0
          ? kDefaultNumbers
          : std::min<int64_t>(request.page_size(), kMaxNumbers);
  CO_ASSIGN_OR_RETURN(
      const std::vector<FreeNumber> numbers,
      co_await deps_.stock.ListFree(standing.region, RandomPick(), limit));
  order::v1::ListNumbersResponse response;
  for (const FreeNumber& number : numbers) {
    CO_ASSIGN_OR_RETURN(const Msisdn msisdn, Msisdn::Parse(number.msisdn));
    order::v1::AvailableNumber* added = response.add_numbers();
    added->set_msisdn(msisdn.National());
    added->set_region(number.region);
  }
  co_return response;
}

Awaitable<absl::StatusOr<order::v1::ReserveNumberResponse>>
Orders::ReserveNumber(Caller caller, order::v1::ReserveNumberRequest request) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.authority.Check(
                          caller, request.shift_token(), request.session_id()));
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  absl::StatusOr<Msisdn> msisdn = Msisdn::Parse(request.msisdn());
  if (!msisdn.ok()) co_return Under("msisdn", msisdn.status());
  const std::string request_id = request.request_id();
  request.clear_request_id();
  request.clear_shift_token();
  const int64_t now_us = Now();
  StockStore::Reserve reserve;
  reserve.request = KeyOf(caller, "ReserveNumber", request_id, request);
  reserve.session_id = standing.session;
  reserve.reservation_id = NewId(deps_.random);
  reserve.msisdn = msisdn->str();
  reserve.region = standing.region;
  reserve.now_us = now_us;
  reserve.until_us =
      now_us + absl::ToInt64Microseconds(deps_.limits.reservation);
  CO_ASSIGN_OR_RETURN(const HeldNumber held,
                      co_await deps_.stock.ReserveNumber(std::move(reserve)));
  CO_ASSIGN_OR_RETURN(const Msisdn number, Msisdn::Parse(held.msisdn));
  order::v1::ReserveNumberResponse response;
  order::v1::Reservation* reservation = response.mutable_reservation();
  reservation->set_reservation_id(held.reservation_id);
  reservation->set_msisdn(number.National());
  *reservation->mutable_expire_time() =
      TimeUtil::MicrosecondsToTimestamp(held.expires_us);
  co_return response;
}

Awaitable<absl::Status> Orders::ReleaseNumber(
    Caller caller, order::v1::ReleaseNumberRequest request) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.authority.Check(
                          caller, request.shift_token(), request.session_id()));
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  CO_RETURN_IF_ERROR(CheckText(request.reservation_id(), "reservation_id"));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  request.clear_shift_token();
  RequestKey key = KeyOf(caller, "ReleaseNumber", request_id, request);
  co_return co_await deps_.stock.ReleaseNumber(std::move(key), standing.session,
                                               request.reservation_id());
}

absl::StatusOr<identity::v1::Attestation> Orders::CheckAttestation(
    const order::v1::CreateOrderRequest& request,
    const Standing& standing) const {
  ASSIGN_OR_RETURN(identity::v1::Attestation attestation,
                   deps_.attestations.Verify(request.attestation()));
  if (attestation.session_id() != standing.session) {
    return MakeError(Reason::ATTESTATION_OTHER_SESSION,
                     "the attestation is of another session");
  }
  if (attestation.terminal() != standing.terminal) {
    return MakeError(Reason::ATTESTATION_OTHER_TERMINAL,
                     "the attestation is of another terminal");
  }
  if (attestation.shop() != standing.shop) {
    return MakeError(Reason::ATTESTATION_OTHER_SHOP,
                     "the attestation is of another shop");
  }
  if (attestation.clerk() != standing.clerk) {
    return MakeError(Reason::ATTESTATION_OTHER_CLERK,
                     "the attestation is of another clerk");
  }
  if (attestation.order_kind() != request.kind()) {
    return MakeError(Reason::ATTESTATION_OTHER_KIND,
                     "the attestation is for another kind of order");
  }
  if (request.kind() != identity::v1::ORDER_KIND_NEW_NUMBER) {
    return MakeError(Reason::ORDER_KIND_NOT_SERVED,
                     "only new numbers are served");
  }
  if (!IsId(attestation.person_id()) || !IsId(attestation.attestation_id())) {
    return MakeError(Reason::ATTESTATION_INVALID,
                     "the attestation's ids are malformed");
  }
  if (!crypto::OpensCommitment(
          attestation.device_commitment(), crypto::kDeviceLabel,
          request.device().device_salt(), DeviceValue(request.device()))) {
    return MakeError(Reason::DEVICE_COMMITMENT_MISMATCH,
                     "EID and IMEI are not what the evidence commits to");
  }
  return attestation;
}

NewOrder Orders::Draft(const order::v1::CreateOrderRequest& request,
                       const identity::v1::Attestation& attestation,
                       const Standing& standing, const Caller& caller,
                       RequestKey key) const {
  NewOrder draft;
  draft.request = std::move(key);
  draft.numbers_elsewhere = attestation.numbers_elsewhere();
  draft.person_limit = deps_.limits.numbers_per_person;
  draft.eid_limit = deps_.limits.numbers_per_eid;
  draft.now_us = Now();
  draft.pick = RandomPick();

  Order& order = draft.order;
  order.order_id = NewIdOnRouteOf(attestation.person_id(), deps_.random);
  order.session_id = standing.session;
  order.shop = standing.shop;
  order.terminal = standing.terminal;
  order.display = standing.display;
  order.clerk = standing.clerk;
  order.shift = standing.shift;
  order.person_id = attestation.person_id();
  order.verification_id = attestation.verification_id();
  order.attestation_id = attestation.attestation_id();
  order.policy_version = attestation.policy_version();
  order.kind = static_cast<int>(request.kind());
  order.profile_type = request.profile_type();
  order.reservation_id = request.reservation_id();
  order.eid = request.device().eid();
  draft.eid_pseudonym = deps_.events.PseudonymOf("eid", order.eid);
  order.device_commitment = attestation.device_commitment();

  const std::string consent = request.consent().SerializeAsString();
  const std::string device = DeviceValue(request.device());
  const std::string device_salt = request.device().device_salt();
  const ledger::v1::EventId verified = attestation.event_id();
  const std::string trace_id = caller.trace_id;
  const int64_t now_us = draft.now_us;
  draft.finish = [this, consent, device, device_salt, verified, trace_id,
                  now_us](
                     Order& placed, int64_t person_live,
                     int64_t eid_live) -> absl::StatusOr<ledger::v1::Event> {
    OrderSecrets secrets{.matching_id = deps_.vault.NewMatchingId(),
                         .code_salt = deps_.vault.NewSalt(),
                         .device = device,
                         .device_salt = device_salt,
                         .consent = consent,
                         .consent_salt = deps_.vault.NewSalt()};
    placed.consent_commitment =
        crypto::Commit(kConsentLabel, secrets.consent_salt, consent);
    RETURN_IF_ERROR(deps_.vault.Seal(secrets, placed));
    deps_.machine.Place(placed, now_us);
    return deps_.events.Placed(placed, verified, person_live, eid_live,
                               trace_id);
  };
  return draft;
}

Awaitable<absl::StatusOr<Order>> Orders::Create(
    Caller caller, order::v1::CreateOrderRequest request) {
  CO_ASSIGN_OR_RETURN(const Standing standing,
                      co_await deps_.authority.Check(
                          caller, request.shift_token(), request.session_id()));
  CO_RETURN_IF_ERROR(CheckForm(request, deps_.clock.Now()));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  request.clear_shift_token();
  RequestKey key = KeyOf(caller, "CreateOrder", request_id, request);
  // A repeat gets its order also when the attestation has expired meanwhile.
  CO_ASSIGN_OR_RETURN(const std::optional<std::string> earlier,
                      co_await deps_.book.store().FindRequest(key));
  if (earlier.has_value()) {
    deps_.worker.Poke(*earlier);
    co_return co_await deps_.book.store().Get(*earlier);
  }
  CO_ASSIGN_OR_RETURN(const identity::v1::Attestation attestation,
                      CheckAttestation(request, standing));
  CO_ASSIGN_OR_RETURN([[maybe_unused]] const DeviceModel model,
                      co_await CheckModel(request.device().imei()));
  NewOrder draft =
      Draft(request, attestation, standing, caller, std::move(key));
  CO_ASSIGN_OR_RETURN(Order order,
                      co_await deps_.book.Create(std::move(draft)));
  deps_.worker.Poke(order.order_id);
  co_return order;
}

Awaitable<absl::StatusOr<Order>> Orders::Get(Caller caller,
                                             std::string shift_token,
                                             std::string session_id,
                                             std::string order_id) {
  CO_ASSIGN_OR_RETURN(
      const Standing standing,
      co_await deps_.authority.Check(caller, shift_token, session_id));
  CO_ASSIGN_OR_RETURN(Order order, co_await deps_.book.store().Get(order_id));
  if (order.terminal != standing.terminal ||
      order.session_id != standing.session) {
    co_return OrderUnknown();
  }
  co_return order;
}

Awaitable<absl::StatusOr<Order>> Orders::Cancel(
    Caller caller, order::v1::CancelOrderRequest request) {
  CO_ASSIGN_OR_RETURN(const Order order,
                      co_await Get(caller, request.shift_token(),
                                   request.session_id(), request.order_id()));
  CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  const std::string request_id = request.request_id();
  request.clear_request_id();
  request.clear_shift_token();
  RequestKey key = KeyOf(caller, "CancelOrder", request_id, request);
  Decide decide = [this](const Order& row) {
    return deps_.machine.Cancel(row, EndCause::kClerk, Now());
  };
  CO_ASSIGN_OR_RETURN(Order cancelled,
                      co_await deps_.book.Update(
                          order.order_id, std::move(decide), std::move(key)));
  deps_.worker.Poke(cancelled.order_id);
  co_return cancelled;
}

Awaitable<absl::StatusOr<order::v1::GetReceiptResponse>> Orders::GetReceipt(
    Caller caller, order::v1::GetReceiptRequest request) {
  CO_ASSIGN_OR_RETURN(const Order order,
                      co_await Get(caller, request.shift_token(),
                                   request.session_id(), request.order_id()));
  if (order.revealed_version == 0) {
    co_return MakeError(Reason::ORDER_NOT_REVEALED,
                        "the code has not been revealed");
  }
  CO_ASSIGN_OR_RETURN(const OrderSecrets secrets, deps_.vault.Open(order));
  ledger::v1::EventId revealed = EventOf(order, order.revealed_version);
  CO_ASSIGN_OR_RETURN(
      ledger::v1::Receipt receipt,
      co_await deps_.record.Receipt(std::move(revealed), caller.deadline));
  order::v1::GetReceiptResponse response;
  *response.mutable_receipt() = std::move(receipt);
  ledger::v1::CommitmentOpening* device = response.add_openings();
  device->set_field(ledger::v1::COMMITMENT_FIELD_DEVICE);
  device->set_salt(secrets.device_salt);
  device->set_value(secrets.device);
  ledger::v1::CommitmentOpening* consent = response.add_openings();
  consent->set_field(ledger::v1::COMMITMENT_FIELD_CONSENT);
  consent->set_salt(secrets.consent_salt);
  consent->set_value(secrets.consent);
  co_return response;
}

}  // namespace shiming::profile_order

// Steps 2, 4, 5 and 8 for a clerk's terminal: device, number, order, cancel,
// receipt. Every call asks terminal_session first.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDERS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "common/crypto/secret.h"
#include "common/time/clock.h"
#include "identity/attestation/attestation.h"
#include "services/profile_order/core/order_book.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_vault.h"
#include "services/profile_order/core/order_worker.h"
#include "services/profile_order/core/ports.h"
#include "services/profile_order/core/stock.h"
#include "shiming/order/v1/order_service.pb.h"

namespace shiming::profile_order {

// Limits of DESIGN 4; from the config.
struct OrderLimits {
  absl::Duration reservation = absl::Minutes(15);
  int64_t numbers_per_person = 5;
  int64_t numbers_per_eid = 2;
};

// Thread-safe. All that it is given must outlive it. Errors beside those named
// are those of SessionAuthority and of the database.
class Orders {
 public:
  struct Deps {
    OrderBook& book;
    StockStore& stock;
    OrderWorker& worker;
    const OrderMachine& machine;
    const OrderEvents& events;
    const OrderVault& vault;
    const identity::AttestationVerifier& attestations;
    SessionAuthority& authority;
    Record& record;
    const Clock& clock;
    crypto::Random& random;
    // Of the content hashes of requests.
    const crypto::Secret& content_key;
    OrderLimits limits;
  };
  explicit Orders(Deps deps) : deps_(std::move(deps)) {}

  // DEVICE_UNKNOWN, DEVICE_NOT_ELIGIBLE, EID_LIMIT_REACHED, and the reasons of
  // Eid and Imei.
  Awaitable<absl::StatusOr<order::v1::CheckDeviceResponse>> CheckDevice(
      Caller caller, order::v1::CheckDeviceRequest request);

  Awaitable<absl::StatusOr<order::v1::ListNumbersResponse>> ListNumbers(
      Caller caller, order::v1::ListNumbersRequest request);

  // NUMBER_UNKNOWN, NUMBER_TAKEN, NUMBER_OTHER_REGION.
  Awaitable<absl::StatusOr<order::v1::ReserveNumberResponse>> ReserveNumber(
      Caller caller, order::v1::ReserveNumberRequest request);
  Awaitable<absl::Status> ReleaseNumber(
      Caller caller, order::v1::ReleaseNumberRequest request);

  // Step 5. ATTESTATION_* and DEVICE_COMMITMENT_MISMATCH, the reasons of
  // CheckDevice and of OrderStore::Create.
  Awaitable<absl::StatusOr<Order>> Create(
      Caller caller, order::v1::CreateOrderRequest request);

  // An order of the caller's terminal and session; ORDER_UNKNOWN for others.
  Awaitable<absl::StatusOr<Order>> Get(Caller caller, std::string shift_token,
                                       std::string session_id,
                                       std::string order_id);

  Awaitable<absl::StatusOr<Order>> Cancel(
      Caller caller, order::v1::CancelOrderRequest request);

  // ORDER_NOT_REVEALED before CODE_REVEALED; OPENING_ERASED when the person was
  // erased.
  Awaitable<absl::StatusOr<order::v1::GetReceiptResponse>> GetReceipt(
      Caller caller, order::v1::GetReceiptRequest request);

 private:
  Awaitable<absl::StatusOr<DeviceModel>> CheckModel(const std::string& imei);
  absl::StatusOr<identity::v1::Attestation> CheckAttestation(
      const order::v1::CreateOrderRequest& request,
      const Standing& standing) const;
  NewOrder Draft(const order::v1::CreateOrderRequest& request,
                 const identity::v1::Attestation& attestation,
                 const Standing& standing, const Caller& caller,
                 RequestKey key) const;
  RequestKey KeyOf(const Caller& caller, std::string_view method,
                   const std::string& request_id,
                   const google::protobuf::Message& content) const;
  int64_t RandomPick() const;
  int64_t Now() const { return ToMicros(deps_.clock.Now()); }

  const Deps deps_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDERS_H_

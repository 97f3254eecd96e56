#include "tools/shiming_terminal/clerk_terminal.h"

#include <algorithm>
#include <utility>

#include "common/ids/ids.h"
#include "common/rpc/client.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "tools/shiming_terminal/patience.h"

namespace shiming::shiming_terminal {
namespace {

using boost::asio::awaitable;
using identity::v1::IdentityVerificationService;
using order::v1::ProfileOrderService;
using terminal::v1::TerminalSessionService;

// How many lists of free numbers are tried before giving up: each loss means
// that somebody else took the number in between.
constexpr int kReserveRounds = 5;

}  // namespace

ClerkTerminal::ClerkTerminal(Options options)
    : options_(std::move(options)),
      terminal_(
          TerminalSessionService::NewStub(options_.channels.terminal_session)),
      identity_(IdentityVerificationService::NewStub(
          options_.channels.identity_verification)),
      order_(ProfileOrderService::NewStub(options_.channels.profile_order)),
      patience_{.call_timeout = options_.call_timeout,
                .total = options_.patience} {}

awaitable<absl::StatusOr<terminal::v1::Shift>> ClerkTerminal::SignIn(
    std::string clerk_id, const crypto::Secret& password, std::string totp) {
  terminal::v1::SignInRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_clerk_id(std::move(clerk_id));
  request.set_password(std::string(password.Reveal()));
  request.set_totp(std::move(totp));
  CO_ASSIGN_OR_RETURN(
      terminal::v1::SignInResponse response,
      co_await InvokeUntilAnswered<terminal::v1::SignInResponse>(
          *terminal_, &TerminalSessionService::Stub::async_interface::SignIn,
          request, patience_));
  shift_token_ = response.shift_token();
  session_id_.clear();
  co_return response.shift();
}

awaitable<absl::Status> ClerkTerminal::SignOut() {
  terminal::v1::SignOutRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  co_return (co_await InvokeUntilAnswered<terminal::v1::SignOutResponse>(
                 *terminal_,
                 &TerminalSessionService::Stub::async_interface::SignOut,
                 request, patience_))
      .status();
}

awaitable<absl::StatusOr<terminal::v1::Session>> ClerkTerminal::StartSession() {
  terminal::v1::StartSessionRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  CO_ASSIGN_OR_RETURN(
      terminal::v1::StartSessionResponse response,
      co_await InvokeUntilAnswered<terminal::v1::StartSessionResponse>(
          *terminal_,
          &TerminalSessionService::Stub::async_interface::StartSession, request,
          patience_));
  session_id_ = response.session().session_id();
  nonce_ = response.read_nonce().nonce();
  attestation_.Clear();
  reservation_.Clear();
  co_return response.session();
}

awaitable<absl::Status> ClerkTerminal::RenewNonce() {
  terminal::v1::IssueReadNonceRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  CO_ASSIGN_OR_RETURN(
      terminal::v1::IssueReadNonceResponse response,
      co_await InvokeUntilAnswered<terminal::v1::IssueReadNonceResponse>(
          *terminal_,
          &TerminalSessionService::Stub::async_interface::IssueReadNonce,
          request, patience_));
  nonce_ = response.read_nonce().nonce();
  co_return absl::OkStatus();
}

awaitable<absl::StatusOr<order::v1::CheckDeviceResponse>>
ClerkTerminal::CheckDevice(std::string eid, std::string imei) {
  order::v1::CheckDeviceRequest request;
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  request.set_eid(std::move(eid));
  request.set_imei(std::move(imei));
  co_return co_await InvokeUntilAnswered<order::v1::CheckDeviceResponse>(
      *order_, &ProfileOrderService::Stub::async_interface::CheckDevice,
      request, patience_);
}

awaitable<absl::StatusOr<identity::v1::Verification>> ClerkTerminal::Verify(
    const Capture& capture) {
  CO_ASSIGN_OR_RETURN(
      evidence_, BuildEvidence(capture, session_id_, nonce_, options_.terminal,
                               options_.sam_number, options_.clock->Now(),
                               *options_.evidence_key, *options_.face_engine,
                               *options_.random));
  identity::v1::VerifyIdentityRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  *request.mutable_evidence() = evidence_.evidence;
  *request.mutable_openings() = evidence_.openings;
  request.set_order_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  request.set_face_consent_text_id("face-consent-demo-1");
  CO_ASSIGN_OR_RETURN(
      identity::v1::VerifyIdentityResponse response,
      co_await InvokeUntilAnswered<identity::v1::VerifyIdentityResponse>(
          *identity_,
          &IdentityVerificationService::Stub::async_interface::VerifyIdentity,
          request, patience_));
  attestation_ = response.verification().attestation();
  co_return response.verification();
}

awaitable<absl::StatusOr<order::v1::Reservation>>
ClerkTerminal::ReserveAnyNumber() {
  absl::Status last = MakeError(Reason::NOT_FOUND, "no number is free");
  for (int round = 0; round < kReserveRounds; ++round) {
    order::v1::ListNumbersRequest list;
    list.set_shift_token(shift_token_);
    list.set_session_id(session_id_);
    CO_ASSIGN_OR_RETURN(
        order::v1::ListNumbersResponse free,
        co_await InvokeUntilAnswered<order::v1::ListNumbersResponse>(
            *order_, &ProfileOrderService::Stub::async_interface::ListNumbers,
            list, patience_));
    for (const order::v1::AvailableNumber& number : free.numbers()) {
      order::v1::ReserveNumberRequest request;
      request.set_request_id(NewUuid(*options_.random));
      request.set_shift_token(shift_token_);
      request.set_session_id(session_id_);
      request.set_msisdn(number.msisdn());
      absl::StatusOr<order::v1::ReserveNumberResponse> response =
          co_await InvokeUntilAnswered<order::v1::ReserveNumberResponse>(
              *order_,
              &ProfileOrderService::Stub::async_interface::ReserveNumber,
              request, patience_);
      if (response.ok()) {
        reservation_ = response->reservation();
        co_return reservation_;
      }
      last = response.status();
      if (!HasReason(last, Reason::NUMBER_TAKEN)) co_return last;
    }
    if (free.numbers().empty()) break;
  }
  co_return last;
}

awaitable<absl::StatusOr<order::v1::ProfileOrder>> ClerkTerminal::CreateOrder(
    std::string profile_type) {
  order::v1::CreateOrderRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  *request.mutable_attestation() = attestation_;
  request.mutable_device()->set_eid(evidence_.openings.eid());
  request.mutable_device()->set_imei(evidence_.openings.imei());
  request.mutable_device()->set_device_salt(evidence_.openings.device_salt());
  request.set_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  request.set_profile_type(std::move(profile_type));
  request.set_reservation_id(reservation_.reservation_id());
  request.mutable_consent()->set_text_id("contract-demo");
  request.mutable_consent()->set_text_version("1");
  request.mutable_consent()->set_locale("zh-CN");
  *request.mutable_consent()->mutable_agree_time() =
      ToProto(options_.clock->Now());
  CO_ASSIGN_OR_RETURN(
      order::v1::CreateOrderResponse response,
      co_await InvokeUntilAnswered<order::v1::CreateOrderResponse>(
          *order_, &ProfileOrderService::Stub::async_interface::CreateOrder,
          request, patience_));
  co_return response.order();
}

awaitable<absl::StatusOr<order::v1::ProfileOrder>> ClerkTerminal::GetOrder(
    std::string order_id) {
  order::v1::GetOrderRequest request;
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  request.set_order_id(std::move(order_id));
  CO_ASSIGN_OR_RETURN(
      order::v1::GetOrderResponse response,
      co_await InvokeUntilAnswered<order::v1::GetOrderResponse>(
          *order_, &ProfileOrderService::Stub::async_interface::GetOrder,
          request, patience_));
  co_return response.order();
}

awaitable<absl::StatusOr<order::v1::ProfileOrder>> ClerkTerminal::WaitForOrder(
    std::string order_id, absl::Time deadline,
    bool (*reached)(order::v1::ProfileOrderState)) {
  order::v1::WatchOrderRequest request;
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  request.set_order_id(std::move(order_id));
  using Reader = rpc::StreamReader<order::v1::WatchOrderRequest,
                                   order::v1::WatchOrderResponse>;
  // Patience counts from when the stream was last heard of.
  absl::Time until = absl::Now() + options_.patience;
  order::v1::ProfileOrder last;
  while (true) {
    Reader reader = Reader::Open(
        *order_, &ProfileOrderService::Stub::async_interface::WatchOrder,
        request, {.deadline = deadline});
    while (auto change = co_await reader.Next()) {
      last = change->order();
      if (reached(last.state())) co_return last;
      until = absl::Now() + options_.patience;
    }
    const absl::Status end = co_await reader.Finish();
    if (end.ok()) co_return last;
    const absl::Time next = absl::Now() + kPauseBeforeRepeat;
    if (!MayPassByItself(end) || next > std::min(deadline, until)) {
      co_return end;
    }
    co_await PauseBeforeRepeat();
  }
}

awaitable<absl::StatusOr<order::v1::ProfileOrder>> ClerkTerminal::CancelOrder(
    std::string order_id) {
  order::v1::CancelOrderRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  request.set_order_id(std::move(order_id));
  CO_ASSIGN_OR_RETURN(
      order::v1::CancelOrderResponse response,
      co_await InvokeUntilAnswered<order::v1::CancelOrderResponse>(
          *order_, &ProfileOrderService::Stub::async_interface::CancelOrder,
          request, patience_));
  co_return response.order();
}

awaitable<absl::StatusOr<order::v1::GetReceiptResponse>>
ClerkTerminal::GetReceipt(std::string order_id) {
  order::v1::GetReceiptRequest request;
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  request.set_order_id(std::move(order_id));
  co_return co_await InvokeUntilAnswered<order::v1::GetReceiptResponse>(
      *order_, &ProfileOrderService::Stub::async_interface::GetReceipt, request,
      patience_);
}

awaitable<absl::StatusOr<terminal::v1::Session>> ClerkTerminal::CloseSession() {
  terminal::v1::CloseSessionRequest request;
  request.set_request_id(NewUuid(*options_.random));
  request.set_shift_token(shift_token_);
  request.set_session_id(session_id_);
  CO_ASSIGN_OR_RETURN(
      terminal::v1::CloseSessionResponse response,
      co_await InvokeUntilAnswered<terminal::v1::CloseSessionResponse>(
          *terminal_,
          &TerminalSessionService::Stub::async_interface::CloseSession, request,
          patience_));
  co_return response.session();
}

}  // namespace shiming::shiming_terminal

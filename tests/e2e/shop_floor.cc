#include "tests/e2e/shop_floor.h"

#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/random.h"
#include "common/ids/ids.h"
#include "common/rpc/client.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "common/time/proto_time.h"
#include "tools/shiming_terminal/device.h"
#include "tools/shiming_terminal/synthetic_stock.h"
#include "tools/shimingctl/process_configs.h"

namespace shiming::e2e {
namespace {

using shiming_terminal::ClerkTerminal;
using shiming_terminal::SyntheticCustomer;
using shimingctl::Port;

bool IsReadyOrOver(order::v1::ProfileOrderState state) {
  return state != order::v1::PROFILE_ORDER_STATE_ORDERING;
}

}  // namespace

ShopFloor::ShopFloor(Cluster& cluster, Options options)
    : cluster_(cluster),
      clock_(cluster.clock_file()),
      pool_(options.pool != nullptr
                ? std::move(options.pool)
                : std::make_shared<boost::asio::thread_pool>(2)),
      patience_(options.patience) {}

absl::StatusOr<std::unique_ptr<ShopFloor>> ShopFloor::Open(
    Cluster& cluster, const Counter& counter, Options options) {
  auto floor =
      std::unique_ptr<ShopFloor>(new ShopFloor(cluster, std::move(options)));
  floor->credentials_ = {.clerk_id = counter.clerk.clerk_id,
                         .password = counter.clerk.password.Copy(),
                         .totp_seed = counter.clerk.totp_seed.Copy()};
  RETURN_IF_ERROR(floor->Connect(counter.terminal, counter.display));
  return floor;
}

ShopFloor::~ShopFloor() {
  phone_.reset();
  if (pool_.use_count() == 1) pool_->join();
}

absl::Status ShopFloor::Connect(const DeviceFiles& terminal,
                                const DeviceFiles& display) {
  const shimingctl::Layout& layout = cluster_.layout();
  terminal_id_ = terminal.id;
  ASSIGN_OR_RETURN(crypto::SigningKey evidence_key,
                   shiming_terminal::ReadKey(terminal.evidence_key_file));
  evidence_key_ = std::make_unique<crypto::SigningKey>(std::move(evidence_key));
  ASSIGN_OR_RETURN(
      crypto::SigningKey face_key,
      shiming_terminal::ReadKey(layout.Key("demo_face_engine.key")));
  face_engine_ = std::make_unique<shiming_terminal::DemoFaceEngine>(
      std::move(face_key), shimingctl::kFaceEngineKeyId);
  shiming_terminal::TerminalChannels channels;
  ASSIGN_OR_RETURN(
      channels.terminal_session,
      cluster_.ChannelOf(terminal, Port::kTerminalSession, "terminal_session"));
  ASSIGN_OR_RETURN(channels.identity_verification,
                   cluster_.ChannelOf(terminal, Port::kIdentityVerification,
                                      "identity_verification"));
  ASSIGN_OR_RETURN(
      channels.profile_order,
      cluster_.ChannelOf(terminal, Port::kProfileOrder, "profile_order"));
  terminal_ = std::make_unique<ClerkTerminal>(
      ClerkTerminal::Options{.channels = std::move(channels),
                             .terminal = terminal.id,
                             .sam_number = shimingctl::kDemoSamNumber,
                             .evidence_key = evidence_key_.get(),
                             .face_engine = face_engine_.get(),
                             .clock = &clock_,
                             .random = &crypto::SystemRandom(),
                             .patience = patience_});

  ASSIGN_OR_RETURN(
      reveal_requests_,
      shiming_terminal::RevealRequests::Open(
          display.tls_key_file + ".reveal_requests", crypto::SystemRandom()));
  ASSIGN_OR_RETURN(
      auto display_channel,
      cluster_.ChannelOf(display, Port::kProfileOrder, "profile_order"));
  display_ = std::make_unique<shiming_terminal::CustomerDisplay>(
      display_channel, *reveal_requests_);
  ASSIGN_OR_RETURN(
      phone_, http::HttpClient::Create(
                  {.executor = pool_->get_executor(),
                   .base_url = "http://" + layout.Address(Port::kSmdpDevice)}));
  return absl::OkStatus();
}

absl::Status ShopFloor::SignIn() {
  return Run(shiming_terminal::SignInWithTotp(*terminal_, credentials_, clock_))
      .status();
}

absl::Status ShopFloor::SignInAndStartSession() {
  RETURN_IF_ERROR(SignIn());
  return Run(terminal_->StartSession()).status();
}

absl::Status ShopFloor::VerifyAndReserve(const SyntheticCustomer& customer) {
  RETURN_IF_ERROR(
      Run(terminal_->CheckDevice(customer.eid, customer.imei)).status());
  const shiming_terminal::Capture capture{.card_block = customer.card_block,
                                          .eid = customer.eid,
                                          .imei = customer.imei};
  ASSIGN_OR_RETURN(const identity::v1::Verification verification,
                   Run(terminal_->Verify(capture)));
  if (verification.decision() != identity::v1::DECISION_APPROVED) {
    return MakeError(ReasonByName(verification.refused_reason())
                         .value_or(Reason::INTERNAL_ERROR),
                     "refused");
  }
  return Run(terminal_->ReserveAnyNumber()).status();
}

absl::StatusOr<std::string> ShopFloor::OrderUntilReady() {
  ASSIGN_OR_RETURN(
      order::v1::ProfileOrder order,
      Run(terminal_->CreateOrder(shiming_terminal::kSyntheticProfileType)));
  ASSIGN_OR_RETURN(order, Run(terminal_->WaitForOrder(
                              order.order_id(), absl::Now() + absl::Seconds(20),
                              &IsReadyOrOver)));
  if (order.state() != order::v1::PROFILE_ORDER_STATE_READY) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the order is ", order::v1::ProfileOrderState_Name(order.state())));
  }
  return order.order_id();
}

absl::StatusOr<std::string> ShopFloor::ReadyOrder(
    const SyntheticCustomer& customer) {
  RETURN_IF_ERROR(Run(terminal_->StartSession()).status());
  RETURN_IF_ERROR(VerifyAndReserve(customer));
  return OrderUntilReady();
}

absl::StatusOr<shiming_terminal::BuiltEvidence> ShopFloor::BuildEvidence(
    const SyntheticCustomer& customer, const shiming_terminal::DemoFace& face) {
  const shiming_terminal::Capture capture{.card_block = customer.card_block,
                                          .eid = customer.eid,
                                          .imei = customer.imei,
                                          .face = face};
  return shiming_terminal::BuildEvidence(
      capture, terminal_->session_id(), terminal_->nonce(), terminal_id_,
      shimingctl::kDemoSamNumber, clock_.Now(), *evidence_key_, *face_engine_,
      crypto::SystemRandom());
}

absl::StatusOr<identity::v1::Verification> ShopFloor::VerifyRaw(
    const shiming_terminal::BuiltEvidence& evidence,
    identity::v1::OrderKind kind) {
  identity::v1::VerifyIdentityRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  request.set_shift_token(terminal_->shift_token());
  request.set_session_id(terminal_->session_id());
  *request.mutable_evidence() = evidence.evidence;
  *request.mutable_openings() = evidence.openings;
  request.set_order_kind(kind);
  request.set_face_consent_text_id("face-consent-test");
  ASSIGN_OR_RETURN(
      const identity::v1::VerifyIdentityResponse response,
      Run(rpc::Invoke<identity::v1::VerifyIdentityResponse>(
          terminal_->identity_stub(),
          &identity::v1::IdentityVerificationService::Stub::async_interface::
              VerifyIdentity,
          request, {.deadline = absl::Now() + absl::Seconds(20)})));
  return response.verification();
}

order::v1::CreateOrderRequest ShopFloor::OrderRequest(
    const identity::v1::SignedObject& attestation,
    const identity::v1::EvidenceOpenings& openings) {
  order::v1::CreateOrderRequest request;
  request.set_request_id(NewUuid(crypto::SystemRandom()));
  request.set_shift_token(terminal_->shift_token());
  request.set_session_id(terminal_->session_id());
  *request.mutable_attestation() = attestation;
  request.mutable_device()->set_eid(openings.eid());
  request.mutable_device()->set_imei(openings.imei());
  request.mutable_device()->set_device_salt(openings.device_salt());
  request.set_kind(identity::v1::ORDER_KIND_NEW_NUMBER);
  request.set_profile_type(shiming_terminal::kSyntheticProfileType);
  request.set_reservation_id(terminal_->reservation().reservation_id());
  request.mutable_consent()->set_text_id("contract-test");
  request.mutable_consent()->set_text_version("1");
  request.mutable_consent()->set_locale("zh-CN");
  *request.mutable_consent()->mutable_agree_time() = ToProto(clock_.Now());
  return request;
}

absl::StatusOr<order::v1::ProfileOrder> ShopFloor::CreateRaw(
    const order::v1::CreateOrderRequest& request) {
  ASSIGN_OR_RETURN(
      const order::v1::CreateOrderResponse response,
      Run(rpc::Invoke<order::v1::CreateOrderResponse>(
          terminal_->order_stub(),
          &order::v1::ProfileOrderService::Stub::async_interface::CreateOrder,
          request, {.deadline = absl::Now() + absl::Seconds(20)})));
  return response.order();
}

absl::StatusOr<std::string> ShopFloor::Reveal(const std::string& order_id) {
  ASSIGN_OR_RETURN(
      const shiming_terminal::RevealedCode revealed,
      Run(display_->Reveal(order_id, absl::Now() + absl::Seconds(20))));
  return revealed.code.str();
}

absl::StatusOr<order::v1::ProfileOrder> ShopFloor::WaitFor(
    const std::string& order_id, order::v1::ProfileOrderState state,
    absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  while (true) {
    ASSIGN_OR_RETURN(const order::v1::ProfileOrder order,
                     Run(terminal_->GetOrder(order_id)));
    if (order.state() == state || absl::Now() > deadline) return order;
    absl::SleepFor(absl::Milliseconds(20));
  }
}

absl::StatusOr<DownloadResult> ShopFloor::Download(const std::string& eid,
                                                   const std::string& code) {
  return Run(AskToDownload(eid, code));
}

boost::asio::awaitable<absl::StatusOr<DownloadResult>> ShopFloor::AskToDownload(
    std::string eid, std::string code) {
  nlohmann::json asked = {{"eid", eid}};
  if (!code.empty()) asked["activation_code"] = code;
  const http::ClientRequest request{
      .method = "POST",
      .target = "/device/download",
      .headers = {{"Content-Type", "application/json"}},
      .body = asked.dump(),
      .timeout = absl::Seconds(20)};
  const http::Outcome outcome = co_await phone_->Call(request);
  if (outcome.kind != http::Outcome::Kind::kResponse) {
    co_return absl::UnavailableError(outcome.why);
  }
  const nlohmann::json answer =
      nlohmann::json::parse(outcome.response.body, nullptr, false);
  if (!answer.is_object()) {
    co_return absl::InternalError(
        absl::StrCat("no answer: ", outcome.response.status));
  }
  co_return DownloadResult{.result = answer.value("result", ""),
                           .subject_code = answer.value("subject_code", ""),
                           .reason_code = answer.value("reason_code", "")};
}

SyntheticCustomer ShopFloor::NewCustomer() {
  static std::atomic<int64_t> counter = 1000;
  const int64_t number = counter++;
  return shiming_terminal::MakeSyntheticCustomer(number, number);
}

}  // namespace shiming::e2e

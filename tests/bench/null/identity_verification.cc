#include "tests/bench/null/identity_verification.h"

#include <functional>
#include <string>
#include <utility>

#include "common/crypto/random.h"
#include "common/ids/ids.h"
#include "common/rpc/client.h"
#include "common/status/status_macros.h"
#include "tests/bench/null/check_session.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;
using outside::v1::IdentityAuthorityService;
using terminal::v1::SessionAuthorityService;

// About what a real attestation has.
constexpr size_t kAttestationBytes = 450;
constexpr size_t kSignatureBytes = 64;
constexpr size_t kDigestBytes = 32;
constexpr char kDocumentNumber[] = "110000199001010000";

}  // namespace

NullIdentityVerification::NullIdentityVerification(
    rpc::Dispatcher& dispatcher, NullRelay& relay,
    const std::shared_ptr<grpc::Channel>& terminal_session,
    const std::shared_ptr<grpc::Channel>& identity_authority)
    : dispatcher_(dispatcher),
      relay_(relay),
      sessions_(SessionAuthorityService::NewStub(terminal_session)),
      authority_(IdentityAuthorityService::NewStub(identity_authority)) {}

grpc::ServerUnaryReactor* NullIdentityVerification::VerifyIdentity(
    grpc::CallbackServerContext* context,
    const identity::v1::VerifyIdentityRequest* request,
    identity::v1::VerifyIdentityResponse* response) {
  return dispatcher_.Unary(
      context,
      "/shiming.identity.v1.IdentityVerificationService/VerifyIdentity",
      request, response,
      std::bind_front(&NullIdentityVerification::DoVerifyIdentity, this));
}

awaitable<absl::Status> NullIdentityVerification::DoVerifyIdentity(
    const rpc::Call& call, const identity::v1::VerifyIdentityRequest& request,
    identity::v1::VerifyIdentityResponse* response) {
  const rpc::CallOptions options{.deadline = call.deadline,
                                 .trace_id = call.trace_id};
  CO_RETURN_IF_ERROR(co_await CheckSession(
      *sessions_, call, request.shift_token(), request.session_id()));

  terminal::v1::ConsumeReadNonceRequest nonce;
  nonce.set_session_id(request.session_id());
  nonce.set_nonce(std::string(kDigestBytes, 'n'));
  nonce.set_evidence_sha256(std::string(kDigestBytes, 'd'));
  CO_RETURN_IF_ERROR(
      (co_await rpc::Invoke<terminal::v1::ConsumeReadNonceResponse>(
           *sessions_,
           &SessionAuthorityService::Stub::async_interface::ConsumeReadNonce,
           std::move(nonce), options))
          .status());

  outside::v1::CheckIdentityRequest check;
  check.set_request_id(request.request_id());
  check.set_document_number(kDocumentNumber);
  check.set_name("空");
  CO_RETURN_IF_ERROR(
      (co_await rpc::Invoke<outside::v1::CheckIdentityResponse>(
           *authority_,
           &IdentityAuthorityService::Stub::async_interface::CheckIdentity,
           std::move(check), options))
          .status());

  outside::v1::CountNumbersRequest count;
  count.set_request_id(request.request_id());
  count.set_document_number(kDocumentNumber);
  CO_RETURN_IF_ERROR(
      (co_await rpc::Invoke<outside::v1::CountNumbersResponse>(
           *authority_,
           &IdentityAuthorityService::Stub::async_interface::CountNumbers,
           std::move(count), options))
          .status());

  relay_.Add();  // IDENTITY_VERIFIED
  identity::v1::Verification& verification = *response->mutable_verification();
  verification.set_verification_id(NewId(crypto::SystemRandom()));
  verification.set_session_id(request.session_id());
  verification.set_decision(identity::v1::DECISION_APPROVED);
  identity::v1::SignedObject& attestation = *verification.mutable_attestation();
  attestation.set_signed_(std::string(kAttestationBytes, 'a'));
  attestation.set_signature(std::string(kSignatureBytes, 's'));
  co_return absl::OkStatus();
}

}  // namespace shiming::bench

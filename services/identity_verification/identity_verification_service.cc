#include "services/identity_verification/identity_verification_service.h"

#include <functional>
#include <utility>

#include "common/status/status_macros.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
namespace v1 = identity::v1;

Caller CallerOf(const rpc::Call& call) {
  Caller caller;
  caller.spiffe_id = call.peer.spiffe_id;
  caller.key_sha256 = call.peer.key_hash;
  caller.deadline = call.deadline;
  caller.trace_id = call.trace_id;
  return caller;
}

}  // namespace

grpc::ServerUnaryReactor* IdentityVerificationServiceRpc::VerifyIdentity(
    grpc::CallbackServerContext* context,
    const v1::VerifyIdentityRequest* request,
    v1::VerifyIdentityResponse* response) {
  return dispatcher_.Unary(
      context,
      "/shiming.identity.v1.IdentityVerificationService/VerifyIdentity",
      request, response,
      std::bind_front(&IdentityVerificationServiceRpc::DoVerifyIdentity, this));
}

grpc::ServerUnaryReactor* IdentityVerificationServiceRpc::GetVerification(
    grpc::CallbackServerContext* context,
    const v1::GetVerificationRequest* request,
    v1::GetVerificationResponse* response) {
  return dispatcher_.Unary(
      context,
      "/shiming.identity.v1.IdentityVerificationService/GetVerification",
      request, response,
      std::bind_front(&IdentityVerificationServiceRpc::DoGetVerification,
                      this));
}

awaitable<absl::Status> IdentityVerificationServiceRpc::DoVerifyIdentity(
    const rpc::Call& call, const v1::VerifyIdentityRequest& request,
    v1::VerifyIdentityResponse* response) {
  const Caller caller = CallerOf(call);
  CO_ASSIGN_OR_RETURN(*response->mutable_verification(),
                      co_await verifier_.Verify(caller, request));
  co_return absl::OkStatus();
}

awaitable<absl::Status> IdentityVerificationServiceRpc::DoGetVerification(
    const rpc::Call& call, const v1::GetVerificationRequest& request,
    v1::GetVerificationResponse* response) {
  const Caller caller = CallerOf(call);
  CO_ASSIGN_OR_RETURN(*response->mutable_verification(),
                      co_await verifier_.Get(caller, request));
  co_return absl::OkStatus();
}

}  // namespace shiming::identity_verification

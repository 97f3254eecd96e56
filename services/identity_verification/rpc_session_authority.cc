#include "services/identity_verification/rpc_session_authority.h"

#include <utility>

#include "common/rpc/client.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::identity_verification {
namespace {

using boost::asio::awaitable;
using terminal::v1::CheckSessionRequest;
using terminal::v1::CheckSessionResponse;
using terminal::v1::ConsumeReadNonceRequest;
using terminal::v1::ConsumeReadNonceResponse;
using terminal::v1::SessionAuthorityService;
using Async = SessionAuthorityService::Stub::async_interface;

rpc::CallOptions OptionsOf(const Caller& caller) {
  rpc::CallOptions options;
  options.deadline = caller.deadline;
  options.trace_id = caller.trace_id;
  return options;
}

}  // namespace

RpcSessionAuthority::RpcSessionAuthority(
    const std::shared_ptr<grpc::Channel>& channel)
    : stub_(SessionAuthorityService::NewStub(channel)) {}

awaitable<absl::StatusOr<Standing>> RpcSessionAuthority::CheckSession(
    const Caller& caller, const std::string& shift_token,
    const std::string& session_id) {
  CheckSessionRequest request;
  request.set_shift_token(shift_token);
  request.set_session_id(session_id);
  request.set_peer_spiffe_id(caller.spiffe_id);
  request.set_peer_key_sha256(caller.key_sha256);
  absl::StatusOr<CheckSessionResponse> response =
      co_await rpc::Invoke<CheckSessionResponse>(
          *stub_, &Async::CheckSession, std::move(request), OptionsOf(caller));
  CO_RETURN_IF_ERROR(response.status());
  if (response->session_id() != session_id) {
    co_return MakeError(Reason::INTERNAL_ERROR,
                        "terminal_session answered for another session");
  }
  Standing standing;
  standing.shop = response->shop_id();
  standing.terminal = response->terminal();
  standing.display = response->display();
  standing.clerk = response->clerk_id();
  standing.shift = response->shift_id();
  standing.session_id = response->session_id();
  standing.evidence_public_key = response->evidence_public_key();
  standing.session_opened = response->session_opened();
  co_return standing;
}

awaitable<absl::Status> RpcSessionAuthority::ConsumeReadNonce(
    const Caller& caller, const std::string& session_id,
    const std::string& nonce, const std::string& evidence_sha256) {
  ConsumeReadNonceRequest request;
  request.set_session_id(session_id);
  request.set_nonce(nonce);
  request.set_evidence_sha256(evidence_sha256);
  const absl::StatusOr<ConsumeReadNonceResponse> response =
      co_await rpc::Invoke<ConsumeReadNonceResponse>(
          *stub_, &Async::ConsumeReadNonce, std::move(request),
          OptionsOf(caller));
  co_return response.status();
}

}  // namespace shiming::identity_verification

#include "services/terminal_session/call_context.h"

#include <utility>

#include "common/ids/ids.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "storage/requests/idempotency_keys.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kDigestBytes = 32;

}  // namespace

CallContext::CallContext(const Clock& clock, crypto::Secret content_key)
    : clock_(clock), content_key_(std::move(content_key)) {}

absl::StatusOr<Mutation> CallContext::MutationOf(
    const rpc::Call& call, const std::string& request_id,
    const google::protobuf::Message& request) const {
  RETURN_IF_ERROR(CheckRequestId(request_id));
  return Mutation{
      .caller = call.peer.spiffe_id,
      .method = call.method,
      .request_id = request_id,
      .content_hash = requests::ContentHash(content_key_, request),
      .trace_id = call.trace_id,
      .now = clock_.Now(),
  };
}

absl::StatusOr<TerminalCall> CallContext::ReadingCall(
    const rpc::Call& call, const std::string& token) const {
  if (token.empty()) {
    return MakeError(Reason::SHIFT_TOKEN_INVALID, "shift_token is missing",
                     {.field = "shift_token"});
  }
  return TerminalCall{
      .mutation = {.caller = call.peer.spiffe_id,
                   .method = call.method,
                   .trace_id = call.trace_id,
                   .now = clock_.Now()},
      .terminal = DeviceOf(call.peer),
      .shift_token = token,
  };
}

absl::StatusOr<TerminalCall> CallContext::MutatingCall(
    const rpc::Call& call, const std::string& request_id,
    const std::string& token, const google::protobuf::Message& request) const {
  ASSIGN_OR_RETURN(TerminalCall terminal_call, ReadingCall(call, token));
  ASSIGN_OR_RETURN(terminal_call.mutation,
                   MutationOf(call, request_id, request));
  return terminal_call;
}

DevicePeer DeviceOf(const rpc::Peer& peer) {
  return {.device = {peer.shop, peer.id}, .key_sha256 = peer.key_hash};
}

absl::Status CheckId(std::string_view id, std::string_view field) {
  if (id.empty()) {
    return MakeError(Reason::FIELD_REQUIRED, "id is missing",
                     {.field = std::string(field)});
  }
  if (!IsId(id)) {
    return MakeError(Reason::INVALID_REQUEST, "no id of ours",
                     {.field = std::string(field)});
  }
  return absl::OkStatus();
}

absl::Status CheckDigest(std::string_view bytes, std::string_view field) {
  if (bytes.size() != kDigestBytes) {
    return MakeError(Reason::INVALID_REQUEST, "not 32 bytes",
                     {.field = std::string(field)});
  }
  return absl::OkStatus();
}

}  // namespace shiming::terminal_session

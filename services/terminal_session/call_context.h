// From a gRPC call to what the core wants to know of it.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CALL_CONTEXT_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CALL_CONTEXT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/secret.h"
#include "common/rpc/call.h"
#include "common/time/clock.h"
#include "google/protobuf/message.h"
#include "services/terminal_session/core/records.h"
#include "services/terminal_session/core/session_desk.h"

namespace shiming::terminal_session {

// What the adapters share. Immutable; thread-safe.
class CallContext {
 public:
  // `content_key`: for hashes of request content. `clock` must outlive this.
  CallContext(const Clock& clock, crypto::Secret content_key);

  // A mutating call. REQUEST_ID_REQUIRED when `request_id` is no UUID. The
  // content of `request` must not hold secrets that are not keys of it.
  absl::StatusOr<Mutation> MutationOf(
      const rpc::Call& call, const std::string& request_id,
      const google::protobuf::Message& request) const;

  // A terminal's call with its shift token; SHIFT_TOKEN_INVALID when there is
  // none. For a reading call (no request_id).
  absl::StatusOr<TerminalCall> ReadingCall(const rpc::Call& call,
                                           const std::string& token) const;

  // The same for a mutating call, whose request has the fields request_id and
  // shift_token.
  template <class Request>
  absl::StatusOr<TerminalCall> MutatingCall(const rpc::Call& call,
                                            const Request& request) const {
    return MutatingCall(call, request.request_id(), request.shift_token(),
                        request);
  }

  absl::Time Now() const { return clock_.Now(); }

 private:
  absl::StatusOr<TerminalCall> MutatingCall(
      const rpc::Call& call, const std::string& request_id,
      const std::string& token, const google::protobuf::Message& request) const;

  const Clock& clock_;
  crypto::Secret content_key_;
};

// The terminal or display of a peer that has one of these roles.
DevicePeer DeviceOf(const rpc::Peer& peer);

// OK for an id of ours (32 hex digits), else FIELD_REQUIRED or INVALID_REQUEST.
absl::Status CheckId(std::string_view id, std::string_view field);

// OK for 32 bytes, else INVALID_REQUEST.
absl::Status CheckDigest(std::string_view bytes, std::string_view field);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CALL_CONTEXT_H_

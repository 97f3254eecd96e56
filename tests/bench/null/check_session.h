// The question that every terminal and display call begins with.
#ifndef SHIMING_TESTS_BENCH_NULL_CHECK_SESSION_H_
#define SHIMING_TESTS_BENCH_NULL_CHECK_SESSION_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/client.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"

namespace shiming::bench {

// CheckSession for the peer of `call`; a display has no shift token.
inline boost::asio::awaitable<absl::Status> CheckSession(
    terminal::v1::SessionAuthorityService::Stub& sessions,
    const rpc::Call& call, std::string shift_token, std::string session_id) {
  terminal::v1::CheckSessionRequest request;
  request.set_shift_token(std::move(shift_token));
  request.set_session_id(std::move(session_id));
  request.set_peer_spiffe_id(call.peer.spiffe_id);
  request.set_peer_key_sha256(call.peer.key_hash);
  // A stream has no deadline, the question has.
  const absl::Time deadline =
      std::min(call.deadline, absl::Now() + absl::Seconds(10));
  co_return (co_await rpc::Invoke<terminal::v1::CheckSessionResponse>(
                 sessions,
                 &terminal::v1::SessionAuthorityService::Stub::async_interface::
                     CheckSession,
                 std::move(request),
                 {.deadline = deadline, .trace_id = call.trace_id}))
      .status();
}

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_NULL_CHECK_SESSION_H_

// What a handler is told about the call that it serves. Free of gRPC, so that
// core packages may take it.
#ifndef SHIMING_COMMON_RPC_CALL_H_
#define SHIMING_COMMON_RPC_CALL_H_

#include <string>

#include "absl/time/time.h"
#include "common/rpc/peer.h"

namespace shiming::rpc {

// Given to every handler; lives until the handler's coroutine has ended.
struct Call {
  Peer peer;
  // IP address the call came from, without port: "127.0.0.1", "::1"; empty
  // inside the process. For a shop's network zone.
  std::string address;
  // When the caller stops waiting, by the machine's clock (never by an
  // --insecure_clock). InfiniteFuture for a stream without a deadline.
  absl::Time deadline;
  // "/shiming.order.v1.ProfileOrderService/CreateOrder"
  std::string method;
  // 32 lower-case hex digits: the trace id of W3C traceparent. Diagnostics
  // only; never a reason to decide anything.
  std::string trace_id;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_CALL_H_

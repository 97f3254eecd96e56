// Names of the gRPC metadata that we set and read.
#ifndef SHIMING_COMMON_RPC_METADATA_H_
#define SHIMING_COMMON_RPC_METADATA_H_

namespace shiming::rpc {

// W3C trace context; anyone may set it.
inline constexpr char kTraceparentKey[] = "traceparent";

// The app or auditor that the gateway acts for: "app/<id>", "auditor/<id>".
// Refused from anyone but /svc/gateway, and on methods not marked via_gateway.
inline constexpr char kPrincipalKey[] = "x-shiming-principal";

// The in-process credential of a service (DESIGN 2). Refused on any call that
// came over the network.
inline constexpr char kInProcessKey[] = "x-shiming-in-process";

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_METADATA_H_

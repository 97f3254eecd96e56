// absl::Status with our reasons <-> grpc::Status with google.rpc details
// (DESIGN 10).
#ifndef SHIMING_COMMON_RPC_GRPC_STATUS_H_
#define SHIMING_COMMON_RPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string_view>

#include "absl/status/status.h"

namespace shiming::rpc {

// The domain of every ErrorInfo of ours.
inline constexpr std::string_view kErrorDomain = "shiming";

// A status with a Reason becomes its code, its message (for engineers) and, in
// grpc-status-details-bin, a google.rpc.Status with one ErrorInfo, two
// LocalizedMessage (zh-CN, then en), BadRequest if it names a field, RetryInfo
// if it has a delay. A status without a Reason is unforeseen: it becomes
// INTERNAL_ERROR with a generic text, so that nothing inside leaks; log it
// before.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The other way, for clients. Details of ours give the same Reason, field,
// metadata and delay. What gRPC itself says gets the reason that fits:
// UNAVAILABLE is DEPENDENCY_UNAVAILABLE, DEADLINE_EXCEEDED is CALL_TIMED_OUT,
// CANCELLED is CALL_CANCELLED, UNIMPLEMENTED is METHOD_NOT_SERVED, a message
// over the limit is MESSAGE_TOO_LARGE. Anything else keeps code and message
// and has no Reason (an unknown newer reason too).
absl::Status FromGrpcStatus(const grpc::Status& status);

// "OK", "INVALID_ARGUMENT", ...: for metrics and logs.
std::string_view CodeName(grpc::StatusCode code);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_GRPC_STATUS_H_

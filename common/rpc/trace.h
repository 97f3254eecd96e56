// W3C Trace Context, the part that is passed on: trace ids in `traceparent`
// (https://www.w3.org/TR/trace-context/ section 3.2, version 00).
#ifndef SHIMING_COMMON_RPC_TRACE_H_
#define SHIMING_COMMON_RPC_TRACE_H_

#include <string>
#include <string_view>

namespace shiming::rpc {

// The trace id (32 lower-case hex digits) of a traceparent value; empty when
// the value is malformed, which is never an error.
std::string TraceIdOf(std::string_view traceparent);

// A fresh trace id. Not a secret: the generator is fast, not cryptographic.
// Thread-safe.
std::string NewTraceId();

// "00-<trace_id>-<fresh span id>-01".
std::string MakeTraceparent(std::string_view trace_id);

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_TRACE_H_

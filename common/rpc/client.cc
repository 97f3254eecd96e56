#include "common/rpc/client.h"

#include "absl/time/clock.h"
#include "common/rpc/metadata.h"
#include "common/rpc/trace.h"
#include "common/status/reason.h"

namespace shiming::rpc::internal {

absl::Status Prepare(const CallOptions& options, grpc::ClientContext& context) {
  if (options.deadline != absl::InfiniteFuture()) {
    const absl::Time deadline = options.deadline - kDeadlineShave;
    if (deadline - absl::Now() < kMinimumRemaining) {
      return MakeError(Reason::CALL_TIMED_OUT,
                       "too little time left to call another service");
    }
    context.set_deadline(absl::ToChronoTime(deadline));
  }
  const std::string trace_id =
      options.trace_id.empty() ? NewTraceId() : std::string(options.trace_id);
  context.AddMetadata(kTraceparentKey, MakeTraceparent(trace_id));
  if (!options.principal.empty()) {
    context.AddMetadata(kPrincipalKey, std::string(options.principal));
  }
  return absl::OkStatus();
}

}  // namespace shiming::rpc::internal

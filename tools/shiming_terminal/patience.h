// What a device does while a service is away: it waits a little and asks
// again, under the same request_id, so that nothing happens twice.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_PATIENCE_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_PATIENCE_H_

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"

namespace shiming::shiming_terminal {

// Between two attempts.
inline constexpr absl::Duration kPauseBeforeRepeat = absl::Milliseconds(200);

// True for UNAVAILABLE, DEADLINE_EXCEEDED and ABORTED: the same request may
// succeed later, and may already have had its effect.
bool MayPassByItself(const absl::Status& status);

// Waits kPauseBeforeRepeat on the coroutine's executor.
boost::asio::awaitable<void> PauseBeforeRepeat();

// How long one call may take and how long it is repeated.
struct Patience {
  absl::Duration call_timeout;
  // Since the first attempt; zero: one attempt only.
  absl::Duration total;
};

// rpc::Invoke, repeated with the very same request while MayPassByItself says
// so and patience lasts; then the last error. `stub` must outlive the call.
template <class Response, class Stub, class Async, class Request>
boost::asio::awaitable<absl::StatusOr<Response>> InvokeUntilAnswered(
    Stub& stub,
    void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                          std::function<void(grpc::Status)>),
    std::type_identity_t<Request> request, Patience patience) {
  const absl::Time until = absl::Now() + patience.total;
  while (true) {
    const rpc::CallOptions options{.deadline =
                                       absl::Now() + patience.call_timeout};
    absl::StatusOr<Response> response =
        co_await rpc::Invoke<Response>(stub, method, request, options);
    if (response.ok() || !MayPassByItself(response.status()) ||
        absl::Now() + kPauseBeforeRepeat > until) {
      co_return response;
    }
    co_await PauseBeforeRepeat();
  }
}

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_PATIENCE_H_

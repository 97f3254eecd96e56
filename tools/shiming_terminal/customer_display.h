// The screen that faces the customer: watches for its order and asks for the
// code.
#ifndef SHIMING_TOOLS_SHIMING_TERMINAL_CUSTOMER_DISPLAY_H_
#define SHIMING_TOOLS_SHIMING_TERMINAL_CUSTOMER_DISPLAY_H_

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ids/activation_code.h"
#include "grpcpp/channel.h"
#include "shiming/order/v1/order_service.grpc.pb.h"
#include "tools/shiming_terminal/reveal_requests.h"

namespace shiming::shiming_terminal {

// A code and when it dies.
struct RevealedCode {
  ActivationCode code;
  absl::Time expire_time;
};

// One display. Not thread-safe: one coroutine at a time.
class CustomerDisplay {
 public:
  // `channel` goes to profile_order over mTLS with the display's key;
  // `requests` must outlive this.
  CustomerDisplay(std::shared_ptr<grpc::Channel> channel,
                  RevealRequests& requests)
      : stub_(order::v1::CustomerDisplayService::NewStub(channel)),
        requests_(requests) {}

  // Watches until an order of this display is READY, REVEALING or REVEALED and
  // is not `other_than`; reconnects while the service is away.
  // DEADLINE_EXCEEDED at `deadline`.
  boost::asio::awaitable<absl::StatusOr<order::v1::DisplayOrder>> WaitForOrder(
      absl::Time deadline, std::string other_than = "");

  // Step 6, under the order's stored request_id; repeats the same request while
  // a service that is needed is away, until `deadline`.
  boost::asio::awaitable<absl::StatusOr<RevealedCode>> Reveal(
      std::string order_id, absl::Time deadline);

  order::v1::CustomerDisplayService::Stub& stub() { return *stub_; }

 private:
  const std::unique_ptr<order::v1::CustomerDisplayService::Stub> stub_;
  RevealRequests& requests_;
};

}  // namespace shiming::shiming_terminal

#endif  // SHIMING_TOOLS_SHIMING_TERMINAL_CUSTOMER_DISPLAY_H_

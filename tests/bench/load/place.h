// One place in the shop: a clerk's terminal, the display across the desk, and
// a customer with a phone.
#ifndef SHIMING_TESTS_BENCH_LOAD_PLACE_H_
#define SHIMING_TESTS_BENCH_LOAD_PLACE_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/crypto/keys.h"
#include "common/http/http_client.h"
#include "tools/shiming_terminal/clerk_terminal.h"
#include "tools/shiming_terminal/customer_display.h"
#include "tools/shiming_terminal/issuance.h"
#include "tools/shiming_terminal/synthetic_customer.h"

namespace shiming::bench {

// How one visit went.
struct Visit {
  absl::Status status;
  // From the customer's coming until the session was closed.
  absl::Duration whole;
  // Of the clerk's steps 1 to 8, when the status is OK.
  std::vector<shiming_terminal::StepReport> steps;
};

// Serves one customer after the other. Not thread-safe.
class Place {
 public:
  struct Options {
    std::string name;
    shiming_terminal::ClerkTerminal::Options terminal;
    crypto::SigningKey evidence_key;
    std::shared_ptr<grpc::Channel> display_channel;
    // Not owned.
    shiming_terminal::RevealRequests& reveal_requests;
    http::HttpClient& phones;
    boost::asio::any_io_executor executor;
    // A visit that takes longer has failed.
    absl::Duration visit_time = absl::Seconds(30);
  };
  explicit Place(Options options);

  const std::string& name() const { return options_.name; }
  shiming_terminal::ClerkTerminal& terminal() { return terminal_; }

  // Steps 1 to 8 with the synthetic customer of that number, who must not have
  // been here before. Meanwhile the display shows the code as soon as it can,
  // and the phone downloads at once.
  boost::asio::awaitable<Visit> Serve(int64_t customer);

 private:
  boost::asio::awaitable<void> ServeAtDesk(
      const shiming_terminal::SyntheticCustomer& customer, absl::Time deadline,
      Visit& visit);
  boost::asio::awaitable<absl::Status> ShowAndDownload(std::string eid,
                                                       absl::Time deadline);

  Options options_;
  shiming_terminal::ClerkTerminal terminal_;
  shiming_terminal::CustomerDisplay display_;
  std::string last_order_;
};

}  // namespace shiming::bench

#endif  // SHIMING_TESTS_BENCH_LOAD_PLACE_H_

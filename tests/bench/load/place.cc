#include "tests/bench/load/place.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "common/rpc/await_callback.h"
#include "common/status/status_macros.h"
#include "tools/shiming_terminal/synthetic_stock.h"

namespace shiming::bench {
namespace {

using boost::asio::awaitable;

// The terminal's options with the evidence key of this place.
shiming_terminal::ClerkTerminal::Options WithKey(
    shiming_terminal::ClerkTerminal::Options options,
    const crypto::SigningKey& key) {
  options.evidence_key = &key;
  return options;
}

// Runs both on `executor` and resumes when both have ended.
awaitable<void> Both(boost::asio::any_io_executor executor,
                     awaitable<void> first, awaitable<void> second) {
  co_await rpc::AwaitCallback<int>(
      [&executor, &first, &second](std::function<void(int)> done) {
        auto running = std::make_shared<std::atomic<int>>(2);
        auto ended = [running, done](std::exception_ptr) {
          if (--*running == 0) done(0);
        };
        boost::asio::co_spawn(executor, std::move(first), ended);
        boost::asio::co_spawn(executor, std::move(second), ended);
      });
}

awaitable<void> Keep(awaitable<absl::Status> work, absl::Status& status) {
  status = co_await std::move(work);
}

}  // namespace

Place::Place(Options options)
    : options_(std::move(options)),
      terminal_(WithKey(options_.terminal, options_.evidence_key)),
      display_(options_.display_channel, options_.reveal_requests) {}

awaitable<Visit> Place::Serve(int64_t customer) {
  const shiming_terminal::SyntheticCustomer synthetic =
      shiming_terminal::MakeSyntheticCustomer(customer, customer);
  const absl::Time deadline = absl::Now() + options_.visit_time;
  Visit visit;
  absl::Status shown;
  co_await Both(options_.executor, ServeAtDesk(synthetic, deadline, visit),
                Keep(ShowAndDownload(synthetic.eid, deadline), shown));
  // Where the desk waited in vain, display or phone know why; where it refused,
  // the display waited in vain.
  if (visit.status.ok() || absl::IsDeadlineExceeded(visit.status)) {
    if (!shown.ok()) visit.status = shown;
  }
  co_return visit;
}

awaitable<void> Place::ServeAtDesk(
    const shiming_terminal::SyntheticCustomer& customer, absl::Time deadline,
    Visit& visit) {
  const absl::Time start = absl::Now();
  const shiming_terminal::Capture capture{.card_block = customer.card_block,
                                          .eid = customer.eid,
                                          .imei = customer.imei};
  absl::StatusOr<shiming_terminal::Issued> issued =
      co_await shiming_terminal::Issue(terminal_, capture,
                                       shiming_terminal::kSyntheticProfileType,
                                       deadline, nullptr);
  visit.whole = absl::Now() - start;
  visit.status = issued.status();
  if (issued.ok()) visit.steps = std::move(issued->steps);
}

awaitable<absl::Status> Place::ShowAndDownload(std::string eid,
                                               absl::Time deadline) {
  CO_ASSIGN_OR_RETURN(const order::v1::DisplayOrder order,
                      co_await display_.WaitForOrder(deadline, last_order_));
  last_order_ = order.order_id();
  CO_ASSIGN_OR_RETURN(const shiming_terminal::RevealedCode revealed,
                      co_await display_.Reveal(order.order_id(), deadline));
  http::ClientRequest asked;
  asked.target = "/device/download";
  asked.headers = {{"Content-Type", "application/json"}};
  asked.body =
      nlohmann::json({{"eid", eid}, {"activation_code", revealed.code.str()}})
          .dump();
  asked.timeout = deadline - absl::Now();
  const http::Outcome outcome = co_await options_.phones.Call(std::move(asked));
  if (outcome.kind != http::Outcome::Kind::kResponse) {
    co_return absl::UnavailableError("the phone gets no answer");
  }
  const nlohmann::json answer =
      nlohmann::json::parse(outcome.response.body, nullptr, false);
  if (!answer.is_object() || answer.value("result", "") != "installed") {
    co_return absl::FailedPreconditionError("the phone did not install");
  }
  co_return absl::OkStatus();
}

}  // namespace shiming::bench

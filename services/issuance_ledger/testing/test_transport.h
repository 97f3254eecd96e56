// Stands in for the way to a witness, and misbehaves when told to.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_TEST_TRANSPORT_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_TEST_TRANSPORT_H_

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ledger/testing/test_witness.h"
#include "services/issuance_ledger/core/witness_transport.h"

namespace shiming::issuance_ledger {

// Thread-safe.
class TestTransport final : public WitnessTransport {
 public:
  using Script =
      std::function<absl::StatusOr<WitnessReply>(const std::string& request)>;

  // Answers as the scripts say.
  TestTransport(Script add, Script get)
      : add_(std::move(add)), get_(std::move(get)) {}
  // Leads to an honest witness.
  explicit TestTransport(ledger::TestWitness& witness)
      : add_([&witness](const std::string& body) {
          return ReplyOf(witness.AddCheckpoint(body));
        }),
        get_([&witness](const std::string& hash) {
          return ReplyOf(witness.GetCheckpoint(hash));
        }) {}

  // While true no call reaches the witness; all fail at once.
  std::atomic<bool> is_away = false;
  // While true calls wait for their time-out, or for Release.
  std::atomic<bool> hangs = false;
  // Of add-checkpoint, however they ended.
  std::atomic<int> calls = 0;

  // Ends the waiting of calls that hang.
  void Release() {
    hangs = false;
    std::lock_guard lock(mutex_);
    for (const auto& timer : hanging_) {
      asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    }
    hanging_.clear();
  }

  asio::awaitable<absl::StatusOr<WitnessReply>> AddCheckpoint(
      std::string body, absl::Duration timeout) override {
    ++calls;
    return Answer(std::move(body), timeout, add_);
  }
  asio::awaitable<absl::StatusOr<WitnessReply>> GetCheckpoint(
      std::string hash, absl::Duration timeout) override {
    return Answer(std::move(hash), timeout, get_);
  }

 private:
  static absl::StatusOr<WitnessReply> ReplyOf(
      ledger::TestWitness::Answer answer) {
    WitnessReply reply;
    reply.http_status = answer.http_status;
    reply.content_type = std::move(answer.content_type);
    reply.body = std::move(answer.body);
    return reply;
  }

  asio::awaitable<absl::StatusOr<WitnessReply>> Answer(std::string request,
                                                       absl::Duration timeout,
                                                       const Script& script) {
    if (is_away) co_return absl::UnavailableError("away");
    if (hangs) {
      auto timer = std::make_shared<asio::steady_timer>(
          co_await asio::this_coro::executor,
          absl::ToChronoMicroseconds(timeout));
      {
        std::lock_guard lock(mutex_);
        hanging_.push_back(timer);
      }
      co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
      co_return absl::UnavailableError("no answer in time");
    }
    co_return script(request);
  }

  const Script add_;
  const Script get_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<asio::steady_timer>> hanging_;
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_TESTING_TEST_TRANSPORT_H_

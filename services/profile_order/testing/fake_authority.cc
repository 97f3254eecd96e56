#include "services/profile_order/testing/fake_authority.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "common/status/reason.h"

namespace shiming::profile_order::testing {
namespace {

constexpr char kTerminal[] = "spiffe://shiming.test/terminal/s1/t";
constexpr char kDisplay[] = "spiffe://shiming.test/display/s1/d";

// The number behind `prefix`, or 0.
int NumberOf(const std::string& text, const std::string& prefix) {
  if (text.substr(0, prefix.size()) != prefix) return 0;
  return std::stoi(text.substr(prefix.size()));
}

}  // namespace

std::string FakeAuthority::TerminalId(int number) {
  return kTerminal + std::to_string(number);
}

std::string FakeAuthority::DisplayId(int number) {
  return kDisplay + std::to_string(number);
}

std::string FakeAuthority::OpenSession(int number) {
  std::lock_guard lock(mutex_);
  const std::string id = "session-" + std::to_string(next_session_++);
  sessions_[number] = id;
  return id;
}

void FakeAuthority::CloseSession(const std::string& session_id) {
  std::lock_guard lock(mutex_);
  for (auto& [number, id] : sessions_) {
    if (id == session_id) id.clear();
  }
}

void FakeAuthority::Fail(absl::Status status) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(status);
}

int FakeAuthority::permit_count() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(permits_.size());
}

boost::asio::awaitable<absl::StatusOr<Standing>> FakeAuthority::Check(
    Caller caller, std::string, std::string session_id) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) co_return failure_;
  int number = NumberOf(caller.spiffe_id, kTerminal);
  if (number == 0) number = NumberOf(caller.spiffe_id, kDisplay);
  const auto session = sessions_.find(number);
  if (session == sessions_.end() || session->second.empty() ||
      (!session_id.empty() && session_id != session->second)) {
    co_return MakeError(Reason::SESSION_NOT_OPEN, "no open session");
  }
  Standing standing;
  standing.shop = "s1";
  standing.region = "11";
  standing.clerk = "c1";
  standing.terminal = "s1/t" + std::to_string(number);
  standing.display = "s1/d" + std::to_string(number);
  standing.shift = "shift-1";
  standing.session = session->second;
  co_return standing;
}

boost::asio::awaitable<absl::StatusOr<SessionAuthority::Permit>>
FakeAuthority::PermitReveal(Caller display, std::string order_id,
                            std::string session_id, std::string request_id,
                            ledger::v1::EventId order_ready) {
  // The real one waits until its event is sequenced, which comes after this.
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (!ledger_.Contains(order_ready.aggregate(), order_ready.version())) {
    if (absl::Now() > display.deadline) {
      co_return MakeError(Reason::DEPENDENCY_UNAVAILABLE, "no ledger");
    }
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) co_return failure_;
  const int number = NumberOf(display.spiffe_id, kDisplay);
  const auto session = sessions_.find(number);
  if (session == sessions_.end() || session->second != session_id) {
    co_return MakeError(Reason::SESSION_NOT_OPEN, "no open session");
  }
  const auto given = permits_.find(order_id);
  if (given != permits_.end()) {
    if (given->second.display != display.spiffe_id ||
        given->second.request_id != request_id) {
      co_return MakeError(Reason::PERMIT_TAKEN, "another request has it");
    }
    co_return given->second.permit;
  }
  ledger::v1::Event event;
  event.set_format(1);
  event.mutable_id()->set_source("terminal_session");
  event.mutable_id()->set_aggregate("permit/" + order_id);
  event.mutable_id()->set_version(1);
  event.set_kind(ledger::v1::EVENT_KIND_REVEAL_PERMITTED);
  *event.add_after() = order_ready;
  event.set_order(order_id);
  Permit permit;
  permit.permit_id = "permit-" + order_id;
  permit.event = event.id();
  permits_[order_id] = {
      .display = display.spiffe_id, .request_id = request_id, .permit = permit};
  ledger_.AppendDirectly(event);
  co_return permit;
}

}  // namespace shiming::profile_order::testing

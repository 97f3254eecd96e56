#include "services/profile_order/core/standings.h"

#include <utility>

namespace shiming::profile_order {

boost::asio::awaitable<absl::StatusOr<Standing>> Standings::Check(
    Caller caller, std::string shift_token, std::string session_id) {
  absl::StatusOr<Standing> standing =
      co_await authority_.Check(caller, shift_token, session_id);
  if (standing.ok() && !standing->session.empty()) {
    Remember(standing->session, Seen{.caller = std::move(caller),
                                     .shift_token = std::move(shift_token)});
  }
  co_return standing;
}

boost::asio::awaitable<absl::StatusOr<SessionAuthority::Permit>>
Standings::PermitReveal(Caller display, std::string order_id,
                        std::string session_id, std::string request_id,
                        ledger::v1::EventId order_ready) {
  co_return co_await authority_.PermitReveal(
      std::move(display), std::move(order_id), std::move(session_id),
      std::move(request_id), std::move(order_ready));
}

boost::asio::awaitable<std::optional<absl::Status>> Standings::AskAgain(
    std::string session_id, absl::Time deadline) {
  Seen seen;
  {
    std::lock_guard lock(mutex_);
    const auto found = seen_.find(session_id);
    if (found == seen_.end()) co_return std::nullopt;
    seen = found->second;
  }
  seen.caller.deadline = deadline;
  const absl::StatusOr<Standing> standing = co_await authority_.Check(
      std::move(seen.caller), std::move(seen.shift_token), session_id);
  co_return standing.status();
}

void Standings::Remember(const std::string& session_id, Seen seen) {
  std::lock_guard lock(mutex_);
  const auto [place, added] =
      seen_.insert_or_assign(session_id, std::move(seen));
  if (!added) return;
  order_.push_back(session_id);
  if (order_.size() > kMaxSessions) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
}

}  // namespace shiming::profile_order

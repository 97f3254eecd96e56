// Remembers who was let in for which session, so that sessions of live orders
// can be asked for again while WatchEnds is away (DESIGN 5).
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_STANDINGS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_STANDINGS_H_

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "services/profile_order/core/ports.h"

namespace shiming::profile_order {

// A SessionAuthority before another one. In memory only; forgets the oldest
// sessions beyond a limit. Thread-safe. `authority` must outlive it.
class Standings final : public SessionAuthority {
 public:
  static constexpr size_t kMaxSessions = 10'000;

  explicit Standings(SessionAuthority& authority) : authority_(authority) {}

  boost::asio::awaitable<absl::StatusOr<Standing>> Check(
      Caller caller, std::string shift_token, std::string session_id) override;
  boost::asio::awaitable<absl::StatusOr<Permit>> PermitReveal(
      Caller display, std::string order_id, std::string session_id,
      std::string request_id, ledger::v1::EventId order_ready) override;

  // Asks again for a session as its last caller; nullopt when nobody is known.
  // `deadline` is of the system's clock.
  boost::asio::awaitable<std::optional<absl::Status>> AskAgain(
      std::string session_id, absl::Time deadline);

 private:
  struct Seen {
    Caller caller;
    std::string shift_token;
  };

  void Remember(const std::string& session_id, Seen seen);

  SessionAuthority& authority_;
  std::mutex mutex_;
  std::map<std::string, Seen> seen_;  // guarded by mutex_
  std::list<std::string> order_;      // guarded by mutex_; oldest first
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_STANDINGS_H_

// terminal_session in memory: one open session of one terminal and display.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_TESTING_FAKE_AUTHORITY_H_
#define SHIMING_SERVICES_PROFILE_ORDER_TESTING_FAKE_AUTHORITY_H_

#include <map>
#include <mutex>
#include <string>

#include "services/profile_order/core/ports.h"
#include "storage/outbox/fake_ledger.h"

namespace shiming::profile_order::testing {

// Terminals "<shop>/<t>" are spiffe ids ".../terminal/<shop>/<t>", displays
// alike; a display "d1" is paired with terminal "t1". Thread-safe.
class FakeAuthority final : public SessionAuthority {
 public:
  // The ledger must outlive it: REVEAL_PERMITTED goes there.
  explicit FakeAuthority(outbox::FakeLedger& ledger) : ledger_(ledger) {}

  // Opens a session at terminal `number` of shop "s1"; ends an earlier one.
  std::string OpenSession(int number = 1);
  void CloseSession(const std::string& session_id);
  // All calls fail with this until it is OK again.
  void Fail(absl::Status status);
  int permit_count() const;

  static std::string TerminalId(int number);  // SPIFFE ids
  static std::string DisplayId(int number);

  boost::asio::awaitable<absl::StatusOr<Standing>> Check(
      Caller caller, std::string shift_token, std::string session_id) override;
  boost::asio::awaitable<absl::StatusOr<Permit>> PermitReveal(
      Caller display, std::string order_id, std::string session_id,
      std::string request_id, ledger::v1::EventId order_ready) override;

 private:
  struct Given {
    std::string display;
    std::string request_id;
    Permit permit;
  };

  outbox::FakeLedger& ledger_;
  mutable std::mutex mutex_;
  int next_session_ = 1;
  absl::Status failure_;
  std::map<int, std::string> sessions_;   // terminal number to open session
  std::map<std::string, Given> permits_;  // by order
};

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_TESTING_FAKE_AUTHORITY_H_

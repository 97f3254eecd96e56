// The state machine of DESIGN 4: every transition of an order, decided from
// the stored row and what has just been learnt. Nothing here does I/O.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_MACHINE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_MACHINE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/random.h"
#include "services/profile_order/core/notice.h"
#include "services/profile_order/core/order.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/core/order_vault.h"
#include "services/profile_order/smdp/smdp_port.h"

namespace shiming::profile_order {

// Time limits of DESIGN 4; from the config.
struct OrderTimes {
  absl::Duration ready = absl::Minutes(15);  // READY without reveal
  absl::Duration code = absl::Minutes(30);   // from CODE_REVEALED
  absl::Duration install = absl::Hours(24);  // after cancelOrder said 3.3
  absl::Duration close = absl::Hours(24);    // INSTALLED, session forgotten
};

// A refusal that passes (execution error, inaccessible) is tried again so
// often before it counts as a refusal.
inline constexpr int64_t kMaxTransientRefusals = 6;
// 8.2.6/3.3 without a lost answer: another matching ID, so often.
inline constexpr int64_t kMaxMatchingIds = 3;
// This many downloads by another EID cancel the order.
inline constexpr int64_t kWrongEidLimit = 2;

// The permit of terminal_session, part (1) of the reveal.
struct RevealPermit {
  std::string request_id;
  std::string permit_id;
  ledger::v1::EventId event;
};

// Immutable but for the random source; thread-safe. All `now_us` are
// microseconds by the service's clock. A nullopt change means: nothing to do.
class OrderMachine {
 public:
  struct Deps {
    const OrderEvents& events;
    const OrderVault& vault;
    crypto::Random& random;
    OrderTimes times;
    // Agreed address of each SM-DP+, for a confirmOrder that answers none.
    std::map<std::string, std::string> default_addresses;
    // This run of the process. A call that another run sent belongs to that run
    // until it is over.
    std::string run_id;
  };
  explicit OrderMachine(Deps deps) : deps_(std::move(deps)) {}

  const std::string& run_id() const { return deps_.run_id; }

  // Step 5, for an order whose other fields are set: ORDERING with
  // downloadOrder stored. The caller adds ORDER_PLACED.
  void Place(Order& order, int64_t now_us) const;

  // What the worker finds to do when no call of its own is under way: repeat a
  // call that must be repeated, let time run out, close, cancel.
  // `unsent_is_mine` tells that a SENT call of this run was not sent yet;
  // `ended_run` names another run that is known to be over. An order whose open
  // call is of a run of which that is not known is left to it, for as long as a
  // call may take.
  absl::StatusOr<std::optional<Change>> Advance(
      const Order& order, bool unsent_is_mine, int64_t now_us,
      std::string_view ended_run) const;

  // True where the order's open call is another run's.
  bool HasCallOfAnotherRun(const Order& order) const;

  // The outcome of an attempt. An attempt that is not the current one becomes
  // an observation.
  absl::StatusOr<std::optional<Change>> OnAnswer(const Order& order,
                                                 int64_t call_number,
                                                 int64_t attempt,
                                                 const smdp::Answer& answer,
                                                 int64_t now_us) const;

  // Part (2) of the reveal, READY -> REVEALING with releaseProfile stored. In
  // REVEALING and REVEALED the same request id is no change, another one is
  // REVEAL_TAKEN. ORDER_NOT_READY, CODE_USED, CODE_DEAD in other states.
  absl::StatusOr<std::optional<Change>> Reveal(const Order& order,
                                               const RevealPermit& permit,
                                               int64_t now_us) const;

  // OK when `request_id` may go on with the reveal in the order's state; else
  // the reasons of Reveal.
  absl::Status CheckReveal(const Order& order, const std::string& request_id,
                           int64_t now_us) const;

  // A clerk cancels. ORDER_DOWNLOADING once the download has begun,
  // ORDER_ENDED after the end.
  absl::StatusOr<std::optional<Change>> Cancel(const Order& order,
                                               EndCause cause,
                                               int64_t now_us) const;

  // The session is over: orders that are not yet DOWNLOADING are cancelled.
  absl::StatusOr<std::optional<Change>> OnSessionEnd(const Order& order,
                                                     EndCause cause,
                                                     int64_t now_us) const;

  // A notice of the order's SM-DP+. Only to be called outside REVEALING.
  absl::StatusOr<std::optional<Change>> OnNotice(const Order& order,
                                                 const DownloadNotice& notice,
                                                 int64_t now_us) const;

 private:
  void Enter(Change& change, OrderState state, int64_t now_us) const;
  void StartCall(Change& change, smdp::Function function, int64_t now_us) const;
  void RepeatCall(Change& change, int64_t now_us) const;
  void StartCancel(Change& change, EndCause cause, int64_t now_us) const;
  void GoOnCancelling(Change& change, int64_t now_us) const;
  void End(Change& change, int64_t now_us) const;
  void Freeze(Change& change, std::string_view reason, int64_t now_us) const;
  void AddAlarm(Change& change, std::string_view reason,
                std::string_view status_code) const;
  void Refused(Change& change, int64_t now_us) const;

  absl::Status OnDone(Change& change, const smdp::Answer& answer,
                      int64_t now_us) const;
  absl::Status OnRefused(Change& change, int64_t now_us) const;
  void OnDownloadRefused(Change& change, int64_t now_us) const;
  absl::Status OnConfirmRefused(Change& change, int64_t now_us) const;
  absl::Status OnReleaseRefused(Change& change, int64_t now_us) const;
  void OnCancelRefused(Change& change, int64_t now_us) const;
  absl::Status Confirmed(Change& change, std::string_view smdp_address,
                         int64_t now_us) const;
  absl::Status Released(Change& change, int64_t now_us) const;

  const Deps deps_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_MACHINE_H_

// Erases the orders of persons whom two officers have agreed to erase: asks
// identity_verification for them, destroys the orders' keys, reports.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_ERASER_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_ERASER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/status/reason.h"
#include "common/time/clock.h"
#include "services/profile_order/core/order_store.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::profile_order {

// Which instance erases; see OrderStore::HoldLease.
inline constexpr char kErasureLease[] = "erasures";

// A person whose orders are to be erased.
struct ErasureTask {
  int64_t number = 0;  // grows with each approval
  std::string person_id;
  // An order that ended then or later is still kept by law.
  int64_t kept_since_us = 0;
};

// What stands against it. Nothing was erased.
struct ErasureRefusal {
  Reason reason;
  int64_t newest_end_us = 0;  // RETENTION_NOT_OVER: of the person's orders
};

// What became of a task.
struct ErasureReport {
  std::optional<ErasureRefusal> refusal;
  // Last events of the newest orders.
  std::vector<ledger::v1::EventId> last_events;
};

// identity_verification's ErasureTaskService. Thread-safe.
class ErasureSource {
 public:
  virtual ~ErasureSource() = default;

  // Tasks behind a number, lowest first; none when there is nothing to do.
  virtual Awaitable<absl::StatusOr<std::vector<ErasureTask>>> List(
      int64_t after) = 0;
  // OK once the erasure is at its end. May be repeated.
  virtual Awaitable<absl::Status> Report(const ErasureTask& task,
                                         const ErasureReport& report) = 0;
};

// Each method but Scrub is one transaction. Thread-safe.
class OrderErasureStore {
 public:
  virtual ~OrderErasureStore() = default;

  // The last task that is done; 0 at first. It lies in the same database as the
  // keys: an older copy that brings keys back brings back the number too, and
  // they are erased again.
  virtual Awaitable<absl::StatusOr<int64_t>> Cursor() = 0;
  virtual Awaitable<absl::Status> SetCursor(int64_t number) = 0;

  // From now on the person can place no order; or what stands against that:
  // PERSON_HAS_OPEN_ORDERS, PERSON_HAS_LIVE_NUMBERS, RETENTION_NOT_OVER. A
  // repeat is nullopt. LOST_RACE, and nothing is done, when kErasureLease is no
  // longer held under `lease_epoch`.
  virtual Awaitable<absl::StatusOr<std::optional<ErasureRefusal>>> ClosePerson(
      std::string person_id, int64_t kept_since_us, int64_t now_us,
      int64_t lease_epoch) = 0;

  // Destroys the keys of up to `limit` orders of a closed person, and what
  // stands in clear: phone, number, ICCID. Gives of how many.
  virtual Awaitable<absl::StatusOr<int64_t>> EraseOrders(std::string person_id,
                                                         int64_t limit) = 0;

  virtual Awaitable<absl::StatusOr<std::vector<ledger::v1::EventId>>>
  LastEvents(std::string person_id, int64_t limit) = 0;

  // Once this is OK, what was erased before is in no file of the database.
  virtual Awaitable<absl::Status> Scrub() = 0;
};

// Thread-safe, but Work runs once at a time.
class OrderEraser {
 public:
  // Not owned; all outlive the eraser.
  struct Deps {
    ErasureSource& source;
    OrderErasureStore& store;
    OrderStore& orders;  // for the lease
    const Clock& clock;
    Metrics& metrics;
    // Names this instance of the service.
    std::string holder;
  };
  explicit OrderEraser(Deps deps) : deps_(std::move(deps)) {}

  // Does what there is to do; gives how many tasks are done. An
  // identity_verification that is away is no error: nothing is done. Each step
  // may be repeated, so a crash between any two costs nothing.
  Awaitable<absl::StatusOr<int64_t>> Work();

 private:
  // Another instance must not act on a list that is older than a refusal: the
  // lease keeps it away, its epoch one that has slept.
  Awaitable<absl::StatusOr<bool>> HoldLease();
  Awaitable<absl::StatusOr<ErasureReport>> Erase(ErasureTask task);
  void LogAway(const absl::Status& status);

  const Deps deps_;
  bool away_ = false;
  absl::Time held_until_ = absl::InfinitePast();
  int64_t lease_epoch_ = 0;  // 0: another holds it
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_ERASER_H_

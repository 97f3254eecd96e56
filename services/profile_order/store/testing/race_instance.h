// One instance of profile_order, as far as it races: the real stores on a
// database of its own, and what callers do with them.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_INSTANCE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_INSTANCE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/profile_order/core/order_store.h"
#include "services/profile_order/core/stock.h"
#include "services/profile_order/smdp/smdp_port.h"
#include "services/profile_order/store/sql_order_erasure_store.h"
#include "services/profile_order/store/sql_order_store.h"
#include "services/profile_order/store/sql_stock_store.h"
#include "services/profile_order/store/testing/race_world.h"
#include "storage/outbox/outbox.h"
#include "storage/requests/idempotency_keys.h"
#include "storage/sql/database.h"

namespace shiming::profile_order::testing {

// An order that somebody wants to place.
struct Placing {
  std::string request_id;
  std::string session_id;
  std::string person_id;
  std::string attestation_id;
  std::string eid;
  std::string reservation_id;
  // Live numbers of the person that Shiming does not manage.
  int64_t numbers_elsewhere = 0;
  // Where in the ICCID stock to begin.
  int64_t pick = 0;
};

// A number that a session wants to hold.
struct Reserving {
  std::string request_id;
  std::string session_id;
  std::string msisdn;
  // By the clock of the instance, which may be another one's future.
  int64_t now_us = 0;
  int64_t until_us = 0;
};

// Every method is begun anew, under the same request id, when the database
// answers LOST_RACE, as callers do; other answers are the caller's.
// Thread-safe.
class RaceInstance {
 public:
  // Both must outlive it.
  RaceInstance(RaceWorld& world, sql::Database& database);

  // As the methods of the stores with these names; OrderMachine decides.
  Awaitable<absl::StatusOr<Order>> Place(Placing placing);
  Awaitable<absl::StatusOr<HeldNumber>> Reserve(Reserving reserving);
  Awaitable<absl::Status> Release(std::string session_id,
                                  std::string reservation_id);
  Awaitable<absl::StatusOr<int64_t>> FreeExpired(int64_t now_us);
  Awaitable<absl::StatusOr<Order>> Get(std::string order_id);
  // With a permit of its own for each request id.
  Awaitable<absl::StatusOr<Updated>> Reveal(std::string order_id,
                                            std::string request_id);
  // By a clerk.
  Awaitable<absl::StatusOr<Updated>> Cancel(std::string order_id);
  Awaitable<absl::StatusOr<Updated>> EndSession(std::string order_id);
  // What the SM-DP+ answers to the call that `order` has open.
  Awaitable<absl::StatusOr<Updated>> Answer(Order order, smdp::Answer answer);
  // Holds the eraser's lease, for all instances of the database together: what
  // is raced for is behind it. Before the first ClosePerson.
  Awaitable<absl::Status> HoldErasures();
  Awaitable<absl::StatusOr<std::optional<ErasureRefusal>>> ClosePerson(
      std::string person_id);
  // All rows in one import; picks of the ICCIDs are 0, 1, 2 ...
  Awaitable<absl::StatusOr<ImportCounts>> AddStock(
      std::vector<std::string> msisdns, std::vector<std::string> iccids);

  // How often something was begun anew.
  int anew_count() const { return anew_; }

 private:
  RequestKey KeyOf(const std::string& method,
                   const std::string& request_id) const;
  NewOrder Draft(const Placing& placing);
  // `once` begins an attempt.
  template <class T>
  Awaitable<T> Insist(std::function<Awaitable<T>()> once);
  Awaitable<absl::StatusOr<Updated>> Update(std::string order_id,
                                            Decide decide);

  RaceWorld& world_;
  const outbox::Outbox outbox_;
  const requests::IdempotencyKeys requests_;
  SqlOrderStore orders_;
  SqlStockStore stock_;
  SqlOrderErasureStore erasures_;
  std::atomic<int> anew_ = 0;
};

// "Done", and "refused for good without effect": the order ends.
smdp::Answer AnswerDone();
smdp::Answer AnswerRefused();

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_INSTANCE_H_

// Many counters that serve customers at the same time, and what each of them
// was told: whatever stands in a Visit was acknowledged by the services.
#ifndef SHIMING_TESTS_FAULT_ISSUANCE_LOAD_H_
#define SHIMING_TESTS_FAULT_ISSUANCE_LOAD_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shiming/order/v1/order_resources.pb.h"
#include "tests/e2e/cluster.h"
#include "tests/e2e/shop_floor.h"
#include "tests/fault/gate.h"

namespace shiming::fault {

// One customer's visit.
struct Visit {
  // The customer changes his mind at READY.
  bool changes_mind = false;

  std::string session_id;
  std::string verification_id;
  // The newest state of the order that any answer told.
  order::v1::ProfileOrder order;
  // What the display was given, each time it asked. Secret.
  std::vector<std::string> codes;
  bool cancelled = false;
  bool installed = false;
  // The entry of the receipt and where it stands.
  std::string receipt_entry;
  int64_t receipt_index = -1;
  bool session_closed = false;

  // Why it ended before its end; OK while it goes on.
  absl::Status failure;
};

// The floor's public face is for one thread, the test's.
class IssuanceLoad {
 public:
  // About how many answers one visit takes, for choosing a moment.
  static constexpr int kStepsPerVisit = 12;

  // Enrolls so many counters and signs their clerks in.
  static absl::StatusOr<std::unique_ptr<IssuanceLoad>> Open(
      e2e::Cluster& cluster, int counters);
  // Lets everything end first.
  ~IssuanceLoad();

  // `visits` more customers, shared out among the counters; each counter serves
  // one after the other. Only while none is being served.
  void Start(int visits);
  // Until so many answers have come since Start, or all visits are over, or
  // `limit` has passed.
  void WaitForSteps(int steps, absl::Duration limit);

  // From now on a counter that has its answer begins nothing new.
  void Hold() { gate_.Close(); }
  // True once each counter waits or has no customer left; false after `limit`.
  bool WaitUntilHeld(absl::Duration limit);
  void GoOn() { gate_.Open(); }
  // True once all visits are over; false after `limit`.
  bool WaitUntilOver(absl::Duration limit);

  // All visits so far. Only while held or over.
  const std::deque<Visit>& visits() const { return visits_; }

 private:
  explicit IssuanceLoad(e2e::Cluster& cluster);

  // One counter serves every visit whose number is `first` plus a multiple of
  // the number of counters.
  boost::asio::awaitable<void> ServeAll(e2e::ShopFloor& floor, size_t first,
                                        size_t end);
  boost::asio::awaitable<absl::Status> Serve(e2e::ShopFloor& floor,
                                             Visit& visit);
  boost::asio::awaitable<absl::Status> VerifyIdentity(
      e2e::ShopFloor& floor,
      const shiming_terminal::SyntheticCustomer& customer, Visit& visit);
  boost::asio::awaitable<absl::Status> Cancel(e2e::ShopFloor& floor,
                                              Visit& visit);
  // Asks until a code is shown, as a display that was switched off and on.
  boost::asio::awaitable<absl::Status> Show(e2e::ShopFloor& floor,
                                            Visit& visit);
  boost::asio::awaitable<absl::Status> Download(e2e::ShopFloor& floor,
                                                const std::string& eid,
                                                Visit& visit);

  // An answer has come; the next step waits at the gate.
  boost::asio::awaitable<void> Step();
  void Notify();

  e2e::Cluster& cluster_;
  const std::shared_ptr<boost::asio::thread_pool> pool_;
  Gate gate_;
  std::vector<std::unique_ptr<e2e::ShopFloor>> floors_;
  // Elements are written by their counter's coroutine alone.
  std::deque<Visit> visits_;

  std::mutex mutex_;
  std::condition_variable changed_;
  int steps_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t serving_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_ISSUANCE_LOAD_H_

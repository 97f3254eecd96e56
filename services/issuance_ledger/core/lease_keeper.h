// Keeps one sequencer at work per log: a lease in the database says who may
// try, the epoch in every write who is right.
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEASE_KEEPER_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEASE_KEEPER_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "services/issuance_ledger/core/ledger_store.h"

namespace shiming::issuance_ledger {

// How long a holder that is gone keeps others away.
inline constexpr absl::Duration kLeaseTime = absl::Seconds(10);

// Takes the lease for `holder`, blocking; for start-up. A holder of the same
// name is taken to be our own earlier life, any other must have expired:
// LEDGER_FENCED. Gives the new epoch, one above the last.
absl::StatusOr<int64_t> TakeLease(LedgerStore& store, const Clock& clock,
                                  const std::string& holder);

// Renews the lease until stopped.
class LeaseKeeper : public std::enable_shared_from_this<LeaseKeeper> {
 public:
  struct Options {
    asio::any_io_executor executor;
    LedgerStore& store;
    const Clock& clock;
    std::string holder;
    int64_t epoch;
    // Called once, from the executor, when another epoch is in force.
    std::function<void()> on_lost;
  };

  static std::shared_ptr<LeaseKeeper> Start(Options options);
  // Ends renewing and waits for that. Not on one of the executor's threads;
  // before the executor stops.
  void Stop();

 private:
  explicit LeaseKeeper(Options options);
  asio::awaitable<void> Loop();

  const Options options_;
  asio::strand<asio::any_io_executor> strand_;
  std::promise<void> loop_ended_;
  std::future<void> ended_ = loop_ended_.get_future();
  asio::steady_timer timer_;  // on strand_
  bool stopped_ = false;      // on strand_
};

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_CORE_LEASE_KEEPER_H_

#include "services/issuance_ledger/core/lease_keeper.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::issuance_ledger {

absl::StatusOr<int64_t> TakeLease(LedgerStore& store, const Clock& clock,
                                  const std::string& holder) {
  int64_t epoch = 0;
  const absl::Time now = clock.Now();
  RETURN_IF_ERROR(store.WriteBlocking([&](LedgerTransaction& tx) {
    ASSIGN_OR_RETURN(const Lease last, tx.ReadLease());
    if (last.epoch > 0 && last.holder != holder && last.expire_time > now) {
      return MakeError(Reason::LEDGER_FENCED,
                       absl::StrCat(last.holder, " holds the log"));
    }
    epoch = last.epoch + 1;
    return tx.PutLease(
        {.epoch = epoch, .holder = holder, .expire_time = now + kLeaseTime},
        last.epoch);
  }));
  return epoch;
}

LeaseKeeper::LeaseKeeper(Options options)
    : options_(std::move(options)),
      strand_(asio::make_strand(options_.executor)),
      timer_(strand_) {}

std::shared_ptr<LeaseKeeper> LeaseKeeper::Start(Options options) {
  std::shared_ptr<LeaseKeeper> keeper(new LeaseKeeper(std::move(options)));
  asio::co_spawn(
      keeper->strand_,
      [keeper]() -> asio::awaitable<void> { co_await keeper->Loop(); },
      [keeper](const std::exception_ptr&) { keeper->loop_ended_.set_value(); });
  return keeper;
}

void LeaseKeeper::Stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->stopped_ = true;
    self->timer_.cancel();
  });
  ended_.wait();
}

asio::awaitable<void> LeaseKeeper::Loop() {
  while (!stopped_) {
    timer_.expires_after(absl::ToChronoMilliseconds(kLeaseTime / 3));
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopped_) break;
    const Lease lease{.epoch = options_.epoch,
                      .holder = options_.holder,
                      .expire_time = options_.clock.Now() + kLeaseTime};
    LedgerWriteFn renew = [lease](LedgerTransaction& tx) {
      RETURN_IF_ERROR(tx.Fence(lease.epoch));
      return tx.PutLease(lease, lease.epoch);
    };
    const absl::Status renewed =
        co_await options_.store.Write(std::move(renew));
    // Anything else is the database's trouble: the epoch still protects.
    if (HasReason(renewed, Reason::LEDGER_FENCED)) {
      options_.on_lost();
      break;
    }
  }
}

}  // namespace shiming::issuance_ledger

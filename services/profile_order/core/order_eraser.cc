#include "services/profile_order/core/order_eraser.h"

#include <utility>

#include "common/log/log.h"
#include "common/status/status_macros.h"

namespace shiming::profile_order {
namespace {

constexpr absl::Duration kLeaseTime = absl::Seconds(10);
// Orders that one transaction erases.
constexpr int64_t kOrdersPerWrite = 50;
// As many as the report may name.
constexpr int64_t kLastEvents = 16;

}  // namespace

Awaitable<absl::StatusOr<int64_t>> OrderEraser::Work() {
  CO_ASSIGN_OR_RETURN(const bool mine, co_await HoldLease());
  if (!mine) co_return 0;
  CO_ASSIGN_OR_RETURN(const int64_t cursor, co_await deps_.store.Cursor());
  const absl::StatusOr<std::vector<ErasureTask>> tasks =
      co_await deps_.source.List(cursor);
  if (!tasks.ok()) {
    LogAway(tasks.status());
    co_return 0;
  }
  away_ = false;
  int64_t done = 0;
  for (const ErasureTask& task : *tasks) {
    CO_ASSIGN_OR_RETURN(const ErasureReport report, co_await Erase(task));
    const absl::Status reported = co_await deps_.source.Report(task, report);
    // NOT_FOUND: the proposal was refused and made anew; it comes as another
    // task.
    if (!reported.ok() && !absl::IsNotFound(reported)) {
      LogAway(reported);
      co_return 0;
    }
    CO_RETURN_IF_ERROR(co_await deps_.store.SetCursor(task.number));
    done += 1;
  }
  co_return done;
}

Awaitable<absl::StatusOr<bool>> OrderEraser::HoldLease() {
  const absl::Time now = deps_.clock.Now();
  if (now + kLeaseTime / 2 <= held_until_) co_return true;
  const absl::Time until = now + kLeaseTime;
  LeaseClaim claim;
  claim.name = kErasureLease;
  claim.holder = deps_.holder;
  claim.epoch = lease_epoch_;
  claim.now_us = ToMicros(now);
  claim.until_us = ToMicros(until);
  CO_ASSIGN_OR_RETURN(lease_epoch_,
                      co_await deps_.orders.HoldLease(std::move(claim)));
  if (lease_epoch_ != 0) held_until_ = until;
  co_return lease_epoch_ != 0;
}

Awaitable<absl::StatusOr<ErasureReport>> OrderEraser::Erase(ErasureTask task) {
  ErasureReport report;
  CO_ASSIGN_OR_RETURN(report.refusal,
                      co_await deps_.store.ClosePerson(
                          task.person_id, task.kept_since_us,
                          ToMicros(deps_.clock.Now()), lease_epoch_));
  std::string outcome = "ERASED";
  int64_t erased = 0;
  if (report.refusal.has_value()) {
    outcome = std::string(NameOf(report.refusal->reason));
  } else {
    for (;;) {
      CO_ASSIGN_OR_RETURN(
          const int64_t some,
          co_await deps_.store.EraseOrders(task.person_id, kOrdersPerWrite));
      if (some == 0) break;
      erased += some;
    }
    // Also where nothing was left: a crash may have come before it.
    CO_RETURN_IF_ERROR(co_await deps_.store.Scrub());
    CO_ASSIGN_OR_RETURN(report.last_events, co_await deps_.store.LastEvents(
                                                task.person_id, kLastEvents));
  }
  deps_.metrics
      .counter("shiming_order_erasures_total",
               "Persons whose orders were to be erased, by outcome.",
               {{"outcome", outcome}})
      .Increment();
  Log(Severity::kInfo, "orders of a person to be erased",
      {{"person_id", task.person_id},
       {"outcome", outcome},
       {"orders", erased}});
  co_return report;
}

void OrderEraser::LogAway(const absl::Status& status) {
  if (std::exchange(away_, true)) return;
  Log(Severity::kWarning, "identity_verification is away: nobody is erased",
      {{"error", status.ToString()}});
}

}  // namespace shiming::profile_order

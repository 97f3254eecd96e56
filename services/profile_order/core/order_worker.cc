#include "services/profile_order/core/order_worker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/profile_order/core/task_group.h"

namespace shiming::profile_order {
namespace {

constexpr int64_t kScanLimit = 2000;
constexpr char kLeaseName[] = "order_worker";
// How long the scan passes over an order that is left to another run.
constexpr absl::Duration kLeft = absl::Seconds(2);

// Outcome of a call, as metric label.
std::string_view LabelOf(smdp::Answer::Kind kind) {
  switch (kind) {
    case smdp::Answer::Kind::kDone:
      return "DONE";
    case smdp::Answer::Kind::kRefused:
      return "REFUSED";
    case smdp::Answer::Kind::kNotSent:
      return "NOT_SENT";
    case smdp::Answer::Kind::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

}  // namespace

struct OrderWorker::State : std::enable_shared_from_this<OrderWorker::State> {
  explicit State(Deps d)
      : deps(std::move(d)),
        tasks(deps.executor),
        scan_signal(std::make_shared<WakeSignal>(deps.executor)) {}

  // An order in hand. Its fields but `again` belong to Run.
  struct Slot {
    bool again = false;  // guarded by mutex
    // Ends a sleep when the worker stops.
    std::shared_ptr<WakeSignal> signal;
    // As our own last transition left it: its call is still to be sent.
    std::optional<Order> next;
    // The attempt that was sent last in this run.
    int64_t sent_number = 0;
    int64_t sent_attempt = 0;
  };

  void Wake(const std::string& order_id) {
    std::shared_ptr<Slot> slot;
    {
      std::lock_guard lock(mutex);
      if (stopped) return;
      const auto found = slots.find(order_id);
      if (found != slots.end()) {
        found->second->again = true;
        return;
      }
      slot = std::make_shared<Slot>();
      slot->signal = std::make_shared<WakeSignal>(deps.executor);
      slots.emplace(order_id, slot);
      tasks.Announce();
    }
    tasks.SpawnAnnounced(Run(shared_from_this(), order_id, std::move(slot)));
  }

  static Awaitable<void> Run(std::shared_ptr<State> self, std::string order_id,
                             std::shared_ptr<Slot> slot) {
    for (;;) {
      {
        std::lock_guard lock(self->mutex);
        slot->again = false;
        if (self->stopped) {
          self->slots.erase(order_id);
          co_return;
        }
      }
      const bool more = co_await self->Step(order_id, *slot);
      std::lock_guard lock(self->mutex);
      if (!more && !slot->again) {
        self->slots.erase(order_id);
        co_return;
      }
    }
  }

  // Waits without holding a thread; not at all after Stop.
  Awaitable<void> Sleep(Slot& slot, absl::Duration time) {
    if (is_stopped()) co_return;
    co_await slot.signal->Wait(time);
  }

  absl::Duration BackoffOf(int64_t attempt) const {
    absl::Duration wait = deps.options.first_backoff;
    for (int64_t i = 1; i < attempt && wait < deps.options.most_backoff; ++i) {
      wait *= 2;
    }
    return std::min(wait, deps.options.most_backoff);
  }

  bool HasUnsentCall(const Order& order, const Slot& slot) const {
    return order.call.has_value() && order.call->state == CallState::kSent &&
           order.call->sender == deps.machine.run_id() &&
           (order.call->number != slot.sent_number ||
            order.call->attempt != slot.sent_attempt);
  }

  // One piece of work. False when there is nothing more to do for now.
  Awaitable<bool> Step(const std::string& order_id, Slot& slot) {
    std::optional<Order> order = std::exchange(slot.next, std::nullopt);
    if (!order.has_value()) {
      absl::StatusOr<Order> advanced = co_await Advance(order_id, slot);
      if (!advanced.ok()) {
        Log(Severity::kError, "order cannot be moved",
            {{"order", order_id}, {"error", advanced.status().ToString()}});
        if (HasReason(advanced.status(), Reason::ORDER_UNKNOWN)) {
          co_return false;
        }
        co_await Sleep(slot, deps.options.first_backoff);
        co_return !is_stopped();
      }
      order = *std::move(advanced);
    }
    if (order->notices_pending && order->state != OrderState::kRevealing) {
      DecideNotice decide = [this](const Order& row,
                                   const DownloadNotice& notice) {
        return deps.machine.OnNotice(row, notice, Now());
      };
      absl::StatusOr<Order> applied =
          co_await deps.book.ApplyPendingNotices(order_id, std::move(decide));
      if (applied.ok()) order = *std::move(applied);
    }
    if (HasUnsentCall(*order, slot)) {
      co_return co_await SendCall(*order, slot);
    }
    co_return false;
  }

  // Looks at the row, and changes it where there is something to do.
  Awaitable<absl::StatusOr<Order>> Advance(const std::string& order_id,
                                           const Slot& slot) {
    const int64_t number = slot.sent_number;
    const int64_t attempt = slot.sent_attempt;
    CO_ASSIGN_OR_RETURN(Order order, co_await deps.book.store().Get(order_id));
    CO_ASSIGN_OR_RETURN(const std::string ended_run,
                        co_await EndedRunOf(order));
    Decide decide = [this, number, attempt, ended_run](const Order& row) {
      const bool unsent = !row.call.has_value() || row.call->number != number ||
                          row.call->attempt != attempt;
      return deps.machine.Advance(row, unsent, Now(), ended_run);
    };
    CO_ASSIGN_OR_RETURN(const std::optional<Change> change, decide(order));
    if (!change.has_value()) co_return order;
    co_return co_await deps.book.Update(order_id, std::move(decide));
  }

  // The run of the order's open call, where that is another one and over. What
  // is read here is at least as new as `order`, and a run begins before it
  // sends anything: so one that is not known is over as well.
  Awaitable<absl::StatusOr<std::string>> EndedRunOf(const Order& order) {
    if (!deps.machine.HasCallOfAnotherRun(order)) co_return std::string();
    const std::string run_id = order.call->sender;
    CO_ASSIGN_OR_RETURN(const bool is_live,
                        co_await deps.runs.IsLive(run_id, Now()));
    if (!is_live) co_return run_id;
    std::lock_guard lock(mutex);
    left[order.order_id] = deps.clock.Now() + kLeft;
    co_return std::string();
  }

  // Sends the order's stored call and stores what became of it.
  Awaitable<bool> SendCall(const Order& order, Slot& slot) {
    const SmdpCall call = *order.call;
    slot.sent_number = call.number;
    slot.sent_attempt = call.attempt;
    smdp::Answer answer = co_await Ask(order);
    deps.metrics
        .counter("shiming_smdp_requests_total",
                 "ES2+ calls by function and outcome.",
                 {{"function", std::string(smdp::NameOf(call.function))},
                  {"outcome", std::string(LabelOf(answer.kind))}})
        .Increment(1);
    if (answer.kind != smdp::Answer::Kind::kDone) {
      Log(Severity::kWarning, "ES2+ call without success",
          {{"order", order.order_id},
           {"method", smdp::NameOf(call.function)},
           {"code", LabelOf(answer.kind)},
           {"reason", answer.StatusCode()},
           {"why", answer.why},
           {"attempt", call.attempt}});
    }
    const auto shared = std::make_shared<smdp::Answer>(std::move(answer));
    const Decide decide = [this, call, shared](const Order& row) {
      return deps.machine.OnAnswer(row, call.number, call.attempt, *shared,
                                   Now());
    };
    for (;;) {
      absl::StatusOr<Order> after =
          co_await deps.book.Update(order.order_id, decide);
      if (after.ok()) {
        co_return co_await AfterAnswer(*std::move(after), slot);
      }
      // The outcome must not get lost while this process lives.
      Log(Severity::kError, "outcome of an ES2+ call cannot be stored",
          {{"order", order.order_id}, {"error", after.status().ToString()}});
      if (is_stopped()) co_return false;
      co_await Sleep(slot, deps.options.first_backoff);
    }
  }

  Awaitable<bool> AfterAnswer(Order order, Slot& slot) {
    if (HasUnsentCall(order, slot)) {  // the next one was stored with it
      slot.next = std::move(order);
      co_return true;
    }
    const bool repeat =
        order.call.has_value() &&
        (order.call->state == CallState::kUnknown ||
         order.call->state == CallState::kNotSent || order.transient_count > 0);
    if (repeat && DueOf(order) == 0) {
      co_await Sleep(slot, BackoffOf(order.call->attempt));
      co_return true;
    }
    co_return order.notices_pending || DueOf(order) == 0;
  }

  Awaitable<smdp::Answer> Ask(const Order& order) {
    smdp::Answer failed;
    failed.kind = smdp::Answer::Kind::kNotSent;
    const auto port = deps.smdps.find(order.smdp);
    if (port == deps.smdps.end()) {
      failed.why = "no such SM-DP+ in the config";
      co_return failed;
    }
    const SmdpCall& call = *order.call;
    smdp::Request request{.function = call.function,
                          .call_id = call.call_id,
                          .iccid = order.iccid,
                          .eid = order.eid};
    const bool names_matching_id =
        call.function == smdp::Function::kConfirmOrder ||
        (call.function == smdp::Function::kCancelOrder &&
         order.confirm != Effect::kNone);
    if (names_matching_id) {
      absl::StatusOr<OrderSecrets> secrets = deps.vault.Open(order);
      if (!secrets.ok()) {
        failed.why = "the matching ID cannot be opened";
        co_return failed;
      }
      request.matching_id = std::move(secrets->matching_id);
    }
    request.final_available = order.release == Effect::kNone;
    co_return co_await port->second->Call(std::move(request));
  }

  static Awaitable<void> Scan(std::shared_ptr<State> self) {
    bool sweep = true;
    absl::Time held_until = absl::InfinitePast();
    while (!self->is_stopped()) {
      const absl::Time now = self->deps.clock.Now();
      const absl::Duration half = self->deps.options.lease / 2;
      if (now + half > self->run_until) (void)co_await self->HoldRun(now);
      if (now + half > held_until) {
        held_until = co_await self->HoldLease(now);
      }
      if (now < held_until) sweep = co_await self->LookForDue(now, sweep);
      co_await self->scan_signal->Wait(self->deps.options.scan);
    }
  }

  // Wakes what is due. What a run that is over had in hand is not due by itself
  // for a while: it is with `sweep`, or when such a run is found. True when
  // that is not done yet.
  Awaitable<bool> LookForDue(absl::Time now, bool sweep) {
    absl::StatusOr<std::vector<std::string>> over =
        co_await deps.runs.ListOver(ToMicros(now));
    const bool has_over = over.ok() && !over->empty();
    sweep = sweep || has_over;
    const int64_t until = ToMicros(sweep ? now + kCallInFlight : now);
    const absl::StatusOr<std::vector<std::string>> due =
        co_await deps.book.store().ListDue(until, kScanLimit);
    if (!due.ok()) co_return sweep;
    for (const std::string& order_id : *due) {
      if (sweep || !IsLeft(order_id, now)) Wake(order_id);
    }
    if (due->size() == static_cast<size_t>(kScanLimit)) co_return sweep;
    // Whoever comes to their calls now finds them unknown: over as well.
    if (has_over) {
      (void)co_await deps.runs.Forget(*std::move(over), ToMicros(now));
    }
    co_return false;
  }

  // Whether the scan may pass over the order: see EndedRunOf.
  bool IsLeft(const std::string& order_id, absl::Time now) {
    std::lock_guard lock(mutex);
    std::erase_if(left,
                  [now](const auto& entry) { return entry.second <= now; });
    return left.contains(order_id);
  }

  // This run is at work until `lease` from now. The first time its earlier ones
  // are over.
  Awaitable<absl::Status> HoldRun(absl::Time now) {
    const absl::Time until = now + deps.options.lease;
    absl::Status held;
    if (run_until == absl::InfinitePast()) {
      held = co_await deps.runs.Begin(deps.options.holder,
                                      deps.machine.run_id(), ToMicros(until));
    } else {
      held = co_await deps.runs.Hold(deps.options.holder, deps.machine.run_id(),
                                     ToMicros(until));
    }
    if (held.ok()) {
      run_until = until;
    } else {
      Log(Severity::kWarning, "this run cannot say that it is at work",
          {{"error", held.ToString()}});
    }
    co_return held;
  }

  // To the right to look for due orders, from now on.
  LeaseClaim ClaimOf(absl::Time now) const {
    LeaseClaim claim;
    claim.name = kLeaseName;
    claim.holder = deps.options.holder;
    claim.epoch = lease_epoch;
    claim.now_us = ToMicros(now);
    claim.until_us = ToMicros(now + deps.options.lease);
    return claim;
  }

  // Until when that right is ours.
  Awaitable<absl::Time> HoldLease(absl::Time now) {
    LeaseClaim claim = ClaimOf(now);
    const absl::StatusOr<int64_t> epoch =
        co_await deps.book.store().HoldLease(std::move(claim));
    const int64_t last = std::exchange(lease_epoch, epoch.value_or(0));
    if (last != 0 && lease_epoch != 0 && lease_epoch != last) {
      Log(Severity::kError,
          "somebody has taken the lease under the name of this instance: two "
          "instances need two names",
          {{"instance", deps.options.holder}});
    }
    co_return lease_epoch != 0 ? now + deps.options.lease
                               : absl::InfinitePast();
  }

  int64_t Now() const { return ToMicros(deps.clock.Now()); }

  bool is_stopped() const {
    std::lock_guard lock(mutex);
    return stopped;
  }

  const Deps deps;
  TaskGroup tasks;
  const std::shared_ptr<WakeSignal> scan_signal;
  mutable std::mutex mutex;
  bool stopped = false;                                // guarded by mutex
  std::map<std::string, std::shared_ptr<Slot>> slots;  // guarded by mutex
  // Orders in other runs' hands, and until when the scan passes over them.
  std::map<std::string, absl::Time> left;  // guarded by mutex
  // Used by BeginRun, then by Scan only. Infinite past: it has not begun.
  absl::Time run_until = absl::InfinitePast();
  int64_t lease_epoch = 0;  // used by Scan, then by EndRun; 0: not ours
};

OrderWorker::OrderWorker(Deps deps)
    : state_(std::make_shared<State>(std::move(deps))) {}

OrderWorker::~OrderWorker() { Stop(); }

Awaitable<absl::Status> OrderWorker::BeginRun() {
  co_return co_await state_->HoldRun(state_->deps.clock.Now());
}

Awaitable<absl::Status> OrderWorker::EndRun() {
  CO_RETURN_IF_ERROR(
      co_await state_->deps.runs.End(state_->deps.machine.run_id()));
  if (state_->lease_epoch == 0) co_return absl::OkStatus();
  LeaseClaim claim = state_->ClaimOf(state_->deps.clock.Now());
  claim.until_us = 0;
  const absl::StatusOr<int64_t> released =
      co_await state_->deps.book.store().HoldLease(std::move(claim));
  co_return released.status();
}

void OrderWorker::Start() { state_->tasks.Spawn(State::Scan(state_)); }

void OrderWorker::Stop() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    for (const auto& [order_id, slot] : state_->slots) slot->signal->Wake();
  }
  state_->scan_signal->Wake();
  state_->tasks.Wait();
}

void OrderWorker::Poke(const std::string& order_id) { state_->Wake(order_id); }

bool OrderWorker::idle() const {
  std::lock_guard lock(state_->mutex);
  return state_->slots.empty();
}

}  // namespace shiming::profile_order

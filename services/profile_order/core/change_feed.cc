#include "services/profile_order/core/change_feed.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "common/log/log.h"
#include "common/metrics/feed_metrics.h"
#include "services/profile_order/core/task_group.h"
#include "services/profile_order/core/wake_signal.h"

namespace shiming::profile_order {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

struct ChangeFeed::State {
  explicit State(Deps d)
      : deps(std::move(d)),
        metrics(deps.metrics, "orders"),
        tasks(deps.executor),
        signal(std::make_shared<WakeSignal>(deps.executor)) {}

  static Awaitable<void> Run(std::shared_ptr<State> self) {
    while (!self->stopped) {
      const size_t subscriptions = self->deps.hub.size();
      self->metrics.subscriptions.Set(static_cast<double>(subscriptions));
      if (subscriptions == 0) {
        self->marks.clear();
        self->last_look.reset();
      } else {
        co_await self->Look();
      }
      co_await self->signal->Wait(kPeriod);
    }
  }

  Awaitable<void> Look() {
    const SteadyClock::time_point begin = SteadyClock::now();
    metrics.reads.Increment();
    ChangeMarks after = marks;
    const absl::StatusOr<ChangeLook> look =
        co_await deps.store.Look(std::move(after), kMostChanges);
    if (!look.ok()) {
      if (!std::exchange(is_failing, true)) {
        Log(Severity::kWarning,
            "changes of other instances cannot be read, trying again",
            {{"error", look.status().ToString()}});
      }
      co_return;
    }
    is_failing = false;
    Tell(*look);
    if (last_look.has_value()) {
      metrics.lag.Observe(
          std::chrono::duration<double>(SteadyClock::now() - *last_look)
              .count());
    }
    last_look = begin;
  }

  void Tell(const ChangeLook& look) {
    metrics.changes.Increment(static_cast<double>(look.orders.size()));
    // Without marks: a stream that came before this look may have read its
    // order before a change that stands behind the marks now.
    const bool is_first = marks.empty();
    marks = look.marks;
    if (is_first || look.is_too_many) {
      deps.hub.PublishAll();
      return;
    }
    for (const ChangedOrder& order : look.orders) {
      deps.hub.Hear(order.order_id, order.display, order.version);
    }
  }

  const Deps deps;
  const FeedMetrics metrics;
  TaskGroup tasks;
  const std::shared_ptr<WakeSignal> signal;
  std::atomic<bool> stopped = false;
  // Used by Run only.
  ChangeMarks marks;
  std::optional<SteadyClock::time_point> last_look;
  bool is_failing = false;
};

ChangeFeed::ChangeFeed(Deps deps)
    : state_(std::make_shared<State>(std::move(deps))) {}

ChangeFeed::~ChangeFeed() { Stop(); }

void ChangeFeed::Start() {
  state_->deps.hub.ExpectFeed();
  state_->tasks.Spawn(State::Run(state_));
}

void ChangeFeed::Stop() {
  state_->stopped = true;
  state_->signal->Wake();
  state_->tasks.Wait();
}

}  // namespace shiming::profile_order

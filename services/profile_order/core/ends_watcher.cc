#include "services/profile_order/core/ends_watcher.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <utility>

#include "common/log/log.h"
#include "common/status/reason.h"
#include "services/profile_order/core/task_group.h"
#include "services/profile_order/core/wake_signal.h"

namespace shiming::profile_order {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(200);
constexpr absl::Duration kReconnect = absl::Milliseconds(200);
constexpr absl::Duration kPoll = absl::Seconds(1);
// Ends are applied again after a crash: storing where we are may wait.
constexpr absl::Duration kStoreCursor = absl::Seconds(1);
constexpr int64_t kPollLimit = 1000;

int64_t SteadyNanos() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

// Says that the session is over, as against nobody could be asked.
bool MeansEnded(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kNotFound:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct EndsWatcher::State : std::enable_shared_from_this<EndsWatcher::State> {
  explicit State(Deps d)
      : deps(std::move(d)),
        tasks(deps.executor),
        watch_signal(std::make_shared<WakeSignal>(deps.executor)),
        look_signal(std::make_shared<WakeSignal>(deps.executor)),
        heard_nanos(SteadyNanos()) {}

  static Awaitable<void> Watch(std::shared_ptr<State> self) {
    while (!self->stopped) {
      // Once: another instance may store a later place than this one has come
      // to, and then its ends would not reach the streams here.
      if (self->cursor < 0) {
        const absl::StatusOr<int64_t> stored =
            co_await self->deps.book.store().EndsCursor();
        if (stored.ok()) self->cursor = self->stored_cursor = *stored;
      }
      if (self->cursor >= 0) {
        EndsSource::OnNotice on_notice = [self](EndNotice notice) {
          return self->OnNotice(std::move(notice));
        };
        const absl::Status status = co_await self->deps.source.Watch(
            self->cursor, std::move(on_notice));
        // A source that lost its past is read from its beginning.
        if (HasReason(status, Reason::ENDS_CURSOR_AHEAD)) {
          self->stored_cursor = self->cursor = 0;
        }
      }
      if (self->stopped) break;
      co_await self->watch_signal->Wait(kReconnect);
    }
    self->watching = false;
    self->look_signal->Wake();
  }

  Awaitable<void> OnNotice(EndNotice notice) {
    heard_nanos = SteadyNanos();
    away = false;
    switch (notice.kind) {
      case EndNotice::Kind::kHeartbeat:
        break;
      case EndNotice::Kind::kSession:
        co_await EndSession(notice.id, notice.revoked
                                           ? EndCause::kRevoked
                                           : EndCause::kSessionEnded);
        deps.book.hub().End(SessionTopic(notice.id));
        break;
      case EndNotice::Kind::kShift:
        deps.book.hub().End(ShiftTopic(notice.id));
        break;
      case EndNotice::Kind::kTerminal:
        deps.book.hub().End(TerminalTopic(notice.id));
        break;
      case EndNotice::Kind::kDisplay:
        co_await CancelOfDisplay(notice.id);
        deps.book.hub().End(DisplayTopic(notice.id));
        break;
      case EndNotice::Kind::kClerk:
        deps.book.hub().End(ClerkTopic(notice.id));
        break;
      case EndNotice::Kind::kShop:
        deps.book.hub().End(ShopTopic(notice.id));
        break;
    }
    cursor = std::max(cursor, notice.cursor);
    const int64_t age = SteadyNanos() - stored_nanos;
    if (cursor > stored_cursor &&
        age > absl::ToInt64Nanoseconds(kStoreCursor)) {
      if ((co_await deps.book.store().SetEndsCursor(cursor)).ok()) {
        stored_cursor = cursor;
        stored_nanos = SteadyNanos();
      }
    }
    heard_nanos = SteadyNanos();
  }

  Awaitable<void> EndSession(std::string session_id, EndCause cause) {
    for (;;) {
      const absl::StatusOr<std::vector<std::string>> orders =
          co_await deps.book.store().ListOfSession(session_id);
      bool done = orders.ok();
      if (orders.ok()) {
        for (const std::string& order_id : *orders) {
          done = co_await EndOrder(order_id, cause) && done;
        }
      }
      if (done || stopped) co_return;
      // An end must not be skipped: the cursor moves on behind it.
      co_await SleepFor(deps.executor, kReconnect);
    }
  }

  Awaitable<bool> EndOrder(const std::string& order_id, EndCause cause) {
    Decide decide = [this, cause](const Order& order) {
      return deps.machine.OnSessionEnd(order, cause,
                                       ToMicros(deps.clock.Now()));
    };
    const absl::StatusOr<Order> ended =
        co_await deps.book.Update(order_id, std::move(decide));
    if (!ended.ok()) {
      Log(Severity::kError, "order of an ended session cannot be moved",
          {{"order", order_id}, {"error", ended.status().ToString()}});
      co_return false;
    }
    deps.worker.Poke(order_id);
    co_return true;
  }

  // A display that was revoked or paired otherwise shows no code any more.
  Awaitable<void> CancelOfDisplay(std::string display) {
    const absl::StatusOr<std::optional<Order>> current =
        co_await deps.book.store().CurrentOfDisplay(display);
    if (current.ok() && current->has_value()) {
      co_await EndOrder((*current)->order_id, EndCause::kRevoked);
    }
  }

  static Awaitable<void> Look(std::shared_ptr<State> self) {
    int64_t polled_nanos = 0;
    while (self->watching || !self->stopped) {
      if (self->stopped) {
        // Also the stream that Watch was just opening.
        self->deps.source.Cancel();
        co_await self->look_signal->Wait(kLook);
        continue;
      }
      const int64_t now = SteadyNanos();
      const int64_t silence = now - self->heard_nanos;
      if (silence > absl::ToInt64Nanoseconds(kAway)) {
        if (!self->away.exchange(true)) {
          Log(Severity::kWarning, "terminal_session is away: streams end", {});
        }
        self->deps.book.hub().EndAll();
        self->deps.source.Cancel();
        if (now - polled_nanos > absl::ToInt64Nanoseconds(kPoll)) {
          co_await self->Poll();
          polled_nanos = SteadyNanos();
        }
      }
      co_await self->look_signal->Wait(kLook);
    }
  }

  // Asks for the sessions of live orders one by one.
  Awaitable<void> Poll() {
    const absl::StatusOr<std::vector<std::string>> sessions =
        co_await deps.book.store().ListLiveSessions(kPollLimit);
    if (!sessions.ok()) co_return;
    const std::set<std::string> once(sessions->begin(), sessions->end());
    for (const std::string& session_id : once) {
      if (stopped || !away) co_return;
      const std::optional<absl::Status> answer =
          co_await deps.standings.AskAgain(session_id, absl::Now() + kPoll);
      if (!answer.has_value() || answer->ok()) continue;
      if (!MeansEnded(*answer)) co_return;  // nobody can be asked
      const bool revoked =
          answer->code() == absl::StatusCode::kPermissionDenied;
      co_await EndSession(
          session_id, revoked ? EndCause::kRevoked : EndCause::kSessionEnded);
    }
  }

  const Deps deps;
  TaskGroup tasks;
  const std::shared_ptr<WakeSignal> watch_signal;
  const std::shared_ptr<WakeSignal> look_signal;
  std::atomic<bool> stopped = false;
  std::atomic<bool> watching = false;
  std::atomic<bool> away = false;
  std::atomic<int64_t> heard_nanos;
  // Used by Watch only. How far this run has heard of ends, and how far it has
  // said so; -1: it has not begun.
  int64_t cursor = -1;
  int64_t stored_cursor = 0;
  int64_t stored_nanos = 0;
};

EndsWatcher::EndsWatcher(Deps deps)
    : state_(std::make_shared<State>(std::move(deps))) {}

EndsWatcher::~EndsWatcher() { Stop(); }

void EndsWatcher::Start() {
  state_->heard_nanos = SteadyNanos();
  state_->watching = true;
  state_->tasks.Spawn(State::Watch(state_));
  state_->tasks.Spawn(State::Look(state_));
}

void EndsWatcher::Stop() {
  if (state_->stopped.exchange(true)) return;
  state_->deps.source.Cancel();
  state_->watch_signal->Wake();
  state_->look_signal->Wake();
  state_->tasks.Wait();
}

bool EndsWatcher::away() const { return state_->away; }

}  // namespace shiming::profile_order

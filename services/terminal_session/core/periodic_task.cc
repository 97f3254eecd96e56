#include "services/terminal_session/core/periodic_task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace shiming::terminal_session {

namespace asio = boost::asio;

struct PeriodicTask::State {
  State(asio::any_io_executor executor, absl::Duration period_in, Work work_in)
      : strand(asio::make_strand(std::move(executor))),
        timer(strand),
        period(absl::ToChronoNanoseconds(period_in)),
        work(std::move(work_in)) {}

  asio::strand<asio::any_io_executor> strand;
  asio::steady_timer timer;  // on the strand
  const std::chrono::nanoseconds period;
  const Work work;

  std::mutex mutex;
  std::condition_variable changed;
  bool started = false;
  bool poked = false;
  bool stopping = false;
  bool ended = false;
};

PeriodicTask::PeriodicTask(asio::any_io_executor executor,
                           absl::Duration period, Work work)
    : state_(std::make_shared<State>(std::move(executor), period,
                                     std::move(work))) {}

PeriodicTask::~PeriodicTask() { Stop(); }

void PeriodicTask::Start() {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->started) return;
    state_->started = true;
  }
  asio::co_spawn(state_->strand, Loop(state_), asio::detached);
}

void PeriodicTask::Poke() {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->poked) return;
    state_->poked = true;
  }
  asio::post(state_->strand, [state = state_] { state->timer.cancel(); });
}

void PeriodicTask::Stop() {
  std::unique_lock lock(state_->mutex);
  if (!state_->started) return;
  state_->stopping = true;
  asio::post(state_->strand, [state = state_] { state->timer.cancel(); });
  state_->changed.wait(lock, [this] { return state_->ended; });
}

asio::awaitable<void> PeriodicTask::Loop(std::shared_ptr<State> state) {
  const auto take_poke = [&state] {
    std::lock_guard lock(state->mutex);
    return std::exchange(state->poked, false) || state->stopping;
  };
  const auto is_stopping = [&state] {
    std::lock_guard lock(state->mutex);
    return state->stopping;
  };
  while (!is_stopping()) {
    // A poke before this line asks for what the run now reads anyway.
    take_poke();
    if (co_await state->work()) continue;
    state->timer.expires_after(state->period);
    // A poke or stop from now on cancels the timer, on this strand; one that
    // came during the run is seen here.
    if (take_poke()) continue;
    co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  std::lock_guard lock(state->mutex);
  state->ended = true;
  state->changed.notify_all();
}

}  // namespace shiming::terminal_session

#include "services/profile_order/core/housekeeper.h"

#include <atomic>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "services/profile_order/core/task_group.h"
#include "services/profile_order/core/wake_signal.h"

namespace shiming::profile_order {

struct Housekeeper::State {
  static Awaitable<void> Run(std::shared_ptr<State> self) {
    while (!self->stopped) {
      for (const Task& task : self->tasks) {
        for (;;) {
          const absl::StatusOr<int64_t> done = co_await task();
          if (!done.ok()) {
            Log(Severity::kWarning, "housekeeping failed",
                {{"error", done.status().ToString()}});
          }
          if (!done.ok() || *done == 0 || self->stopped) break;
        }
      }
      co_await self->signal->Wait(self->interval);
    }
  }

  explicit State(boost::asio::any_io_executor executor)
      : group(executor), signal(std::make_shared<WakeSignal>(executor)) {}

  TaskGroup group;
  absl::Duration interval;
  std::vector<Task> tasks;
  const std::shared_ptr<WakeSignal> signal;
  std::atomic<bool> stopped = false;
};

Housekeeper::Housekeeper(boost::asio::any_io_executor executor,
                         absl::Duration interval, std::vector<Task> tasks)
    : state_(std::make_shared<State>(executor)) {
  state_->interval = interval;
  state_->tasks = std::move(tasks);
}

Housekeeper::~Housekeeper() { Stop(); }

void Housekeeper::Start() { state_->group.Spawn(State::Run(state_)); }

void Housekeeper::Stop() {
  state_->stopped = true;
  state_->signal->Wake();
  state_->group.Wait();
}

}  // namespace shiming::profile_order

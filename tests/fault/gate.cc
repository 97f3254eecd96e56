#include "tests/fault/gate.h"

#include <utility>

#include "common/rpc/await_callback.h"

namespace shiming::fault {

boost::asio::awaitable<void> Gate::Pass() {
  co_await rpc::AwaitCallback<bool>([this](std::function<void(bool)> go_on) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!open_) waiting_.push_back(std::exchange(go_on, nullptr));
    }
    if (go_on) {
      go_on(true);
    } else {
      arrived_();
    }
  });
}

void Gate::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  open_ = false;
}

void Gate::Open() {
  std::vector<std::function<void(bool)>> waiting;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    waiting.swap(waiting_);
  }
  for (const auto& go_on : waiting) go_on(true);
}

size_t Gate::waiting() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size();
}

}  // namespace shiming::fault

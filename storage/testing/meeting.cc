#include "storage/testing/meeting.h"

#include <chrono>

namespace shiming::sql::testing {
namespace {

// Ends a race that hangs. Below the driver's idle_timeout, so that the server
// does not take the transactions away before.
constexpr std::chrono::seconds kPatience(20);

}  // namespace

void Meeting::Hold() {
  std::lock_guard lock(mutex_);
  is_held_ = true;
}

void Meeting::Open() {
  std::lock_guard lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
}

bool Meeting::Come() {
  std::unique_lock lock(mutex_);
  ++came_;
  if (IsComplete() && !is_held_) is_open_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, kPatience, [this] { return is_open_; });
}

void Meeting::Miss() {
  std::lock_guard lock(mutex_);
  ++missed_;
  if (IsComplete() && !is_held_) is_open_ = true;
  changed_.notify_all();
}

bool Meeting::AwaitAll() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return IsComplete(); }) &&
         missed_ == 0;
}

}  // namespace shiming::sql::testing

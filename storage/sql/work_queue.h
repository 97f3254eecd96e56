// A bounded queue between callers and the threads of a driver.
#ifndef SHIMING_STORAGE_SQL_WORK_QUEUE_H_
#define SHIMING_STORAGE_SQL_WORK_QUEUE_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace shiming::sql {

// Thread-safe. First in, first out.
template <class Item>
class WorkQueue {
 public:
  enum class PushResult { kQueued, kFull, kClosed };

  explicit WorkQueue(size_t limit) : limit_(limit) {}

  // Takes `item` only when the result is kQueued.
  PushResult Push(Item& item) {
    std::lock_guard lock(mutex_);
    if (closed_) return PushResult::kClosed;
    if (items_.size() >= limit_) return PushResult::kFull;
    items_.push_back(std::move(item));
    // Under the lock: once it is released the item may be done, its caller
    // satisfied and this queue destroyed.
    changed_.notify_one();
    return PushResult::kQueued;
  }

  // Waits for an item; nullopt when closed and empty.
  std::optional<Item> Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
    return Take();
  }

  // An item that is there now, or nullopt.
  std::optional<Item> TryPop() {
    std::lock_guard lock(mutex_);
    return Take();
  }

  // No further Push; what is queued is still popped.
  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::optional<Item> Take() {
    if (items_.empty()) return std::nullopt;
    std::optional<Item> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  bool closed_ = false;
};

}  // namespace shiming::sql

#endif  // SHIMING_STORAGE_SQL_WORK_QUEUE_H_

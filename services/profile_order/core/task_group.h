// Counts coroutines that use an object, so that it can wait for their end.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_TASK_GROUP_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_TASK_GROUP_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

namespace shiming::profile_order {

// Thread-safe. Shared with what it spawned.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor)
      : executor_(std::move(executor)), count_(std::make_shared<Count>()) {}

  void Spawn(boost::asio::awaitable<void> task) {
    Announce();
    SpawnAnnounced(std::move(task));
  }

  // Spawn in two parts, for who decides under a lock that Wait() must see it:
  // each Announce is followed by one SpawnAnnounced.
  void Announce() { count_->Add(); }
  void SpawnAnnounced(boost::asio::awaitable<void> task) {
    boost::asio::co_spawn(executor_, std::move(task),
                          [count = count_](const std::exception_ptr& failure) {
                            count->Remove();
                            if (failure) std::rethrow_exception(failure);
                          });
  }

  // Blocks until all have ended: they must have been told to. Never on a
  // thread of the executor.
  void Wait() { count_->Wait(); }

 private:
  class Count {
   public:
    void Add() {
      std::lock_guard lock(mutex_);
      running_ += 1;
    }
    void Remove() {
      std::lock_guard lock(mutex_);
      running_ -= 1;
      ended_.notify_all();
    }
    void Wait() {
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [this] { return running_ == 0; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable ended_;
    int running_ = 0;  // guarded by mutex_
  };

  const boost::asio::any_io_executor executor_;
  const std::shared_ptr<Count> count_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_TASK_GROUP_H_

// Where coroutines wait while a test holds them.
#ifndef SHIMING_TESTS_FAULT_GATE_H_
#define SHIMING_TESTS_FAULT_GATE_H_

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace shiming::fault {

// Open at first. Thread-safe; outlives whoever waits at it.
class Gate {
 public:
  // `arrived` is called, from any thread, each time a coroutine begins to wait.
  explicit Gate(std::function<void()> arrived) : arrived_(std::move(arrived)) {}

  // Goes on at once while the gate is open, else when it opens.
  boost::asio::awaitable<void> Pass();

  void Close();
  void Open();
  // How many coroutines wait.
  size_t waiting() const;

 private:
  const std::function<void()> arrived_;
  mutable std::mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  std::vector<std::function<void(bool)>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace shiming::fault

#endif  // SHIMING_TESTS_FAULT_GATE_H_

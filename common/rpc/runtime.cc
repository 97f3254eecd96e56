#include "common/rpc/runtime.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace shiming::rpc {

struct Runtime::State {
  explicit State(int threads)
      : context(threads), guard(context.get_executor()) {}

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      guard;
  std::vector<std::thread> threads;
};

Runtime::Runtime(int threads) : state_(std::make_unique<State>(threads)) {
  for (int i = 0; i < threads; ++i) {
    state_->threads.emplace_back([this] { state_->context.run(); });
  }
}

Runtime::~Runtime() {
  Stop();
  // Reachable for ever, so that no leak checker minds (see runtime.h).
  static auto& mutex = *new std::mutex;
  static auto& ended = *new std::vector<std::unique_ptr<State>>;
  std::lock_guard lock(mutex);
  ended.push_back(std::move(state_));
}

void Runtime::Stop() {
  state_->context.stop();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
}

boost::asio::any_io_executor Runtime::executor() {
  return state_->context.get_executor();
}

}  // namespace shiming::rpc

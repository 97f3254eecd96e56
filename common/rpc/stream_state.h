// The part of an open server stream that is the same for every message type.
#ifndef SHIMING_COMMON_RPC_STREAM_STATE_H_
#define SHIMING_COMMON_RPC_STREAM_STATE_H_

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/time/time.h"
#include "common/rpc/stream_writer.h"

namespace shiming::rpc {

// Implements StreamSignal with a timer. Thread-safe; one Wait at a time.
class StreamState : public StreamSignal,
                    public std::enable_shared_from_this<StreamState> {
 public:
  explicit StreamState(const boost::asio::any_io_executor& executor);

  void Wake() override;
  bool cancelled() const override;

  // Turns cancelled() on and wakes the handler.
  void Cancel();

  boost::asio::awaitable<void> Wait(absl::Duration timeout);

 private:
  // Takes the waiting handler, if any, out of the state. With mutex_ held.
  std::function<void(bool)> TakeWaiter();

  mutable std::mutex mutex_;
  bool cancelled_ = false;            // guarded by mutex_
  bool woken_ = false;                // guarded by mutex_
  std::function<void(bool)> waiter_;  // guarded by mutex_
  boost::asio::steady_timer timer_;   // guarded by mutex_
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_STREAM_STATE_H_

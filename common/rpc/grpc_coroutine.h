// The one place where gRPC's callback API and Boost.Asio coroutines meet.
//
// Server, unary: gRPC owns request, response and context until Finish() has
// been called, also when the client has gone meanwhile. So the coroutine may
// use them to its end, then calls Finish() once and touches nothing of the
// call again. The client's deadline or cancellation is not passed on: started
// work is finished and the answer dropped by gRPC.
//
// Server, streaming: the reactor lives until OnDone, which gRPC calls only
// after Finish() and after every write's OnWriteDone. OnCancel turns the
// StreamState's cancelled() on and wakes the handler.
//
// Client: context, request and response of a call are one object that the
// completion callback owns.
#ifndef SHIMING_COMMON_RPC_GRPC_COROUTINE_H_
#define SHIMING_COMMON_RPC_GRPC_COROUTINE_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "common/rpc/await_callback.h"
#include "common/rpc/stream_state.h"
#include "common/rpc/stream_writer.h"

namespace shiming::rpc::internal {

// Server side of one open stream. Deletes itself when gRPC is done with it,
// which is never before Finish().
template <class Response>
class StreamReactor final : public grpc::ServerWriteReactor<Response>,
                            public StreamWriter<Response> {
 public:
  explicit StreamReactor(std::shared_ptr<StreamState> state)
      : state_(std::move(state)) {}

  boost::asio::awaitable<bool> Write(const Response& response) override {
    if (state_->cancelled()) co_return false;
    auto start = [this, &response](std::function<void(bool)> done) {
      written_ = std::move(done);
      this->StartWrite(&response);
    };
    co_return co_await AwaitCallback<bool>(std::move(start));
  }

  boost::asio::awaitable<void> Wait(absl::Duration timeout) override {
    return state_->Wait(timeout);
  }

  std::shared_ptr<StreamSignal> signal() const override { return state_; }

  void OnWriteDone(bool ok) override {
    // Moved out first: the handler may write again at once.
    std::function<void(bool)> written = std::move(written_);
    written(ok);
  }

  void OnCancel() override { state_->Cancel(); }

  void OnDone() override { delete this; }

 private:
  ~StreamReactor() override = default;

  const std::shared_ptr<StreamState> state_;
  std::function<void(bool)> written_;  // of the one write under way
};

// One unary call of a client; kept alive by its completion callback.
template <class Request, class Response>
struct UnaryCall {
  grpc::ClientContext context;
  Request request;
  Response response;
};

// Starts `method` of a stub's async interface and resumes with the status;
// the response is in `call`.
template <class Async, class Request, class Response>
boost::asio::awaitable<grpc::Status> AwaitUnary(
    Async* async,
    void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                          std::function<void(grpc::Status)>),
    std::shared_ptr<UnaryCall<Request, Response>> call) {
  auto start = [async, method, call](std::function<void(grpc::Status)> done) {
    (async->*method)(&call->context, &call->request, &call->response,
                     [call, done = std::move(done)](grpc::Status status) {
                       done(std::move(status));
                     });
  };
  return AwaitCallback<grpc::Status>(std::move(start));
}

// Client side of one stream. Owned by shared_ptr: by its reader, and by itself
// from Start() until OnDone().
template <class Request, class Response>
class ReadReactor final
    : public grpc::ClientReadReactor<Response>,
      public std::enable_shared_from_this<ReadReactor<Request, Response>> {
 public:
  template <class Async>
  void Start(Async* async,
             void (Async::*method)(grpc::ClientContext*, const Request*,
                                   grpc::ClientReadReactor<Response>*)) {
    self_ = this->shared_from_this();
    (async->*method)(&context, &request, this);
    // Keeps OnDone away while reads may still be started.
    this->AddHold();
    this->StartCall();
  }

  // The next message, or nullopt when the stream is over. One at a time.
  boost::asio::awaitable<std::optional<Response>> Next() {
    auto start = [this](std::function<void(bool)> done) {
      std::unique_lock lock(mutex_);
      if (closed_) {
        lock.unlock();
        done(false);
        return;
      }
      pending_ = std::move(done);
      lock.unlock();
      this->StartRead(&response_);
    };
    const bool ok = co_await AwaitCallback<bool>(std::move(start));
    if (!ok) co_return std::nullopt;
    co_return std::move(response_);
  }

  // Resumes once the call's status is known. Only after Close().
  boost::asio::awaitable<grpc::Status> Status() {
    auto start = [this](std::function<void(grpc::Status)> done) {
      std::unique_lock lock(mutex_);
      if (!status_.has_value()) {
        waiting_ = std::move(done);
        return;
      }
      const grpc::Status status = *status_;
      lock.unlock();
      done(status);
    };
    return AwaitCallback<grpc::Status>(std::move(start));
  }

  // Whether Next has come to the end of the stream.
  bool read_to_end() {
    std::lock_guard lock(mutex_);
    return read_to_end_;
  }

  // No read is started after this; repeating it does nothing. A read that is
  // under way ends first, so cancel the call before.
  void Close() {
    std::unique_lock lock(mutex_);
    if (std::exchange(closed_, true) || pending_) return;
    lock.unlock();
    this->RemoveHold();
  }

  void OnReadDone(bool ok) override {
    std::unique_lock lock(mutex_);
    std::function<void(bool)> pending = std::move(pending_);
    pending_ = nullptr;
    const bool closed = closed_;
    if (!ok) read_to_end_ = true;
    lock.unlock();
    if (closed) this->RemoveHold();
    pending(ok);
  }

  void OnDone(const grpc::Status& status) override {
    std::unique_lock lock(mutex_);
    status_ = status;
    std::function<void(grpc::Status)> waiting = std::move(waiting_);
    // Kept to the end of this function: the reader may be gone.
    std::shared_ptr<ReadReactor> self = std::move(self_);
    lock.unlock();
    if (waiting) waiting(status);
  }

  grpc::ClientContext context;
  Request request;

 private:
  std::mutex mutex_;
  std::shared_ptr<ReadReactor> self_;          // guarded by mutex_
  bool closed_ = false;                        // guarded by mutex_
  bool read_to_end_ = false;  // guarded by mutex_
  std::function<void(bool)> pending_;          // guarded by mutex_
  std::optional<grpc::Status> status_;         // guarded by mutex_
  std::function<void(grpc::Status)> waiting_;  // guarded by mutex_
  Response response_;  // written by gRPC between StartRead and OnReadDone
};

}  // namespace shiming::rpc::internal

#endif  // SHIMING_COMMON_RPC_GRPC_COROUTINE_H_

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

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
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

// How a unary call ended; the response is in `call`.
template <class Request, class Response>
struct UnaryEnd {
  grpc::Status status;
  std::shared_ptr<UnaryCall<Request, Response>> call;
};

// Starts `method` of a stub's async interface and resumes with its end.
template <class Async, class Request, class Response>
boost::asio::awaitable<UnaryEnd<Request, Response>> AwaitUnary(
    Async* async,
    void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                          std::function<void(grpc::Status)>),
    std::shared_ptr<UnaryCall<Request, Response>> call) {
  using End = UnaryEnd<Request, Response>;
  auto start = [async, method,
                call = std::move(call)](std::function<void(End)> done) {
    UnaryCall<Request, Response>* raw = call.get();
    (async->*method)(
        &raw->context, &raw->request, &raw->response,
        // The context keeps the channel alive, and a channel must not die on
        // gRPC's own thread (it would join itself; grpc pull 32584): nothing
        // of the call is left here when `done` has been given all of it.
        [call, done = std::move(done)](grpc::Status status) mutable {
          End end{std::move(status), std::move(call)};
          std::exchange(done, nullptr)(std::move(end));
        });
  };
  return AwaitCallback<End>(std::move(start));
}

// Client side of one stream. Owned by shared_ptr: by its reader, and by itself
// from its start until OnDone().
template <class Request, class Response>
class ReadReactor final
    : public grpc::ClientReadReactor<Response>,
      public std::enable_shared_from_this<ReadReactor<Request, Response>> {
 public:
  // `start` calls the stub's method with this reactor; done by the first
  // Next().
  void SetStart(std::function<void()> start) { start_ = std::move(start); }

  // The next message, or nullopt when the stream is over. One at a time.
  boost::asio::awaitable<std::optional<Response>> Next() {
    if (start_) Start(co_await boost::asio::this_coro::executor);
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

  bool started() const { return !start_; }

  // Resumes once the call's status is known. Only after a start and Close().
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
    if (std::exchange(closed_, true) || pending_ || start_) return;
    lock.unlock();
    this->RemoveHold();
  }

  void OnReadDone(bool ok) override {
    std::unique_lock lock(mutex_);
    std::function<void(bool)> pending = std::exchange(pending_, nullptr);
    const bool closed = closed_;
    if (!ok) read_to_end_ = true;
    lock.unlock();
    if (closed) this->RemoveHold();
    pending(ok);
  }

  void OnDone(const grpc::Status& status) override {
    std::unique_lock lock(mutex_);
    status_ = status;
    std::function<void(grpc::Status)> waiting =
        std::exchange(waiting_, nullptr);
    std::shared_ptr<ReadReactor> self = std::move(self_);
    lock.unlock();
    if (waiting) waiting(status);
    // As in AwaitUnary: not the last reference to the channel on this thread.
    const boost::asio::any_io_executor executor = executor_;
    boost::asio::post(executor, [self = std::move(self)] {});
  }

  grpc::ClientContext context;
  Request request;

 private:
  void Start(const boost::asio::any_io_executor& executor) {
    executor_ = executor;
    self_ = this->shared_from_this();
    std::exchange(start_, nullptr)();
    // Keeps OnDone away while reads may still be started.
    this->AddHold();
    this->StartCall();
  }

  std::function<void()> start_;  // used by the reader's coroutine only
  boost::asio::any_io_executor executor_;  // set by Start
  std::mutex mutex_;
  std::shared_ptr<ReadReactor> self_;          // guarded by mutex_
  bool closed_ = false;                        // guarded by mutex_
  bool read_to_end_ = false;                   // guarded by mutex_
  std::function<void(bool)> pending_;          // guarded by mutex_
  std::optional<grpc::Status> status_;         // guarded by mutex_
  std::function<void(grpc::Status)> waiting_;  // guarded by mutex_
  Response response_;  // written by gRPC between StartRead and OnReadDone
};

}  // namespace shiming::rpc::internal

#endif  // SHIMING_COMMON_RPC_GRPC_COROUTINE_H_

// Calling other services from coroutines.
//
//   absl::StatusOr<CheckSessionResponse> answer =
//       co_await rpc::Invoke<CheckSessionResponse>(
//           *stub_,
//           &SessionAuthorityService::Stub::async_interface::CheckSession,
//           request, rpc::CallOptions{.deadline = call.deadline,
//                                     .trace_id = call.trace_id});
#ifndef SHIMING_COMMON_RPC_CLIENT_H_
#define SHIMING_COMMON_RPC_CLIENT_H_

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/grpc_coroutine.h"
#include "common/rpc/grpc_status.h"

namespace shiming::rpc {

// Taken off the caller's deadline before calling on, so that our answer still
// reaches the caller (as Boulder's grpc/interceptors.go does).
inline constexpr absl::Duration kDeadlineShave = absl::Milliseconds(20);
// With less than this left a call is not even started.
inline constexpr absl::Duration kMinimumRemaining = absl::Milliseconds(100);

struct CallOptions {
  // Required for unary calls: when our own caller stops waiting, or our own
  // limit. For a stream InfiniteFuture is allowed.
  absl::Time deadline;
  // These two are views, read before the call is awaited: strings in an
  // aggregate that is made inside a co_await would be destroyed twice
  // (docs/coroutines.md).
  //
  // From Call::trace_id; empty makes a fresh one.
  std::string_view trace_id = {};
  // Only the gateway sets it: the app or auditor it acts for,
  // "app/<id>" or "auditor/<id>".
  std::string_view principal = {};
};

namespace internal {

// Sets deadline and metadata. CALL_TIMED_OUT when too little time is left.
absl::Status Prepare(const CallOptions& options, grpc::ClientContext& context);

// The async interface of a stub, given as the stub or a pointer to it.
template <class Stub>
auto* AsyncOf(Stub& stub) {
  if constexpr (requires { stub.async(); }) {
    return stub.async();
  } else {
    return stub->async();
  }
}

template <class Response, class Request>
boost::asio::awaitable<absl::StatusOr<Response>> Finished(
    boost::asio::awaitable<UnaryEnd<Request, Response>> started) {
  const UnaryEnd<Request, Response> end = co_await std::move(started);
  if (!end.status.ok()) co_return FromGrpcStatus(end.status);
  co_return std::move(end.call->response);
}

template <class Response>
boost::asio::awaitable<absl::StatusOr<Response>> Failed(absl::Status status) {
  co_return status;
}

}  // namespace internal

// One unary call. Errors as FromGrpcStatus gives them. `stub` (a stub or a
// pointer to one) must outlive the call; `request` is moved or copied in. The
// deadline is shaved by kDeadlineShave. UNAVAILABLE has already been retried by
// the channel (see channel.h) when it arrives here.
template <class Response, class Stub, class Async, class Request>
boost::asio::awaitable<absl::StatusOr<Response>> Invoke(
    Stub&& stub,
    void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                          std::function<void(grpc::Status)>),
    std::type_identity_t<Request> request, const CallOptions& options) {
  auto call = std::make_shared<internal::UnaryCall<Request, Response>>();
  if (absl::Status status = internal::Prepare(options, call->context);
      !status.ok()) {
    return internal::Failed<Response>(std::move(status));
  }
  call->request = std::move(request);
  Async* async = internal::AsyncOf(stub);
  return internal::Finished<Response, Request>(
      internal::AwaitUnary<Async, Request, Response>(async, method,
                                                     std::move(call)));
}

// Reads one server stream.
//
//   auto reader = rpc::StreamReader<WatchEndsRequest, WatchEndsResponse>::Open(
//       *stub_, &SessionAuthorityService::Stub::async_interface::WatchEnds,
//       request, {.deadline = absl::InfiniteFuture()});
//   while (auto message = co_await reader.Next()) { ... }
//   absl::Status end = co_await reader.Finish();
//
// The call is made by the first Next. Next and Finish belong to one coroutine,
// run on an executor of a Runtime; Cancel may be called from anywhere while the
// reader lives. Destroying it cancels the stream. The stub must outlive it.
template <class Request, class Response>
class StreamReader {
 public:
  template <class Stub, class Async>
  static StreamReader Open(
      Stub&& stub,
      void (Async::*method)(grpc::ClientContext*, const Request*,
                            grpc::ClientReadReactor<Response>*),
      Request request, const CallOptions& options) {
    StreamReader reader;
    Reactor* reactor = reader.reactor_.get();
    reader.refusal_ = internal::Prepare(options, reactor->context);
    reactor->request = std::move(request);
    Async* async = internal::AsyncOf(stub);
    reactor->SetStart([async, method, reactor] {
      (async->*method)(&reactor->context, &reactor->request, reactor);
    });
    return reader;
  }

  StreamReader(StreamReader&&) = default;
  StreamReader& operator=(StreamReader&&) = delete;
  ~StreamReader() {
    if (reactor_ == nullptr || !reactor_->started()) return;
    reactor_->context.TryCancel();
    reactor_->Close();
  }

  // The next message; nullopt when the stream is over, then Finish says why.
  boost::asio::awaitable<std::optional<Response>> Next() {
    if (!refusal_.ok()) co_return std::nullopt;
    // The reactor outlives this object if that is destroyed meanwhile.
    std::shared_ptr<Reactor> reactor = reactor_;
    std::optional<Response> next = co_await reactor->Next();
    co_return next;
  }

  // How the stream ended: OK when the server ended it in order. Cancels it
  // first (CALL_CANCELLED) if Next has not yet said that it is over.
  boost::asio::awaitable<absl::Status> Finish() {
    if (!refusal_.ok()) co_return refusal_;
    std::shared_ptr<Reactor> reactor = reactor_;
    if (!reactor->started()) {
      co_return FromGrpcStatus(grpc::Status::CANCELLED);
    }
    // gRPC does not tell the status while there are unread messages.
    if (!reactor->read_to_end()) reactor->context.TryCancel();
    reactor->Close();
    const grpc::Status status = co_await reactor->Status();
    co_return FromGrpcStatus(status);
  }

  // Ends the stream from our side. Thread-safe.
  void Cancel() { reactor_->context.TryCancel(); }

 private:
  using Reactor = internal::ReadReactor<Request, Response>;

  StreamReader() : reactor_(std::make_shared<Reactor>()) {}

  std::shared_ptr<Reactor> reactor_;
  absl::Status refusal_;  // why it is not even tried
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_CLIENT_H_

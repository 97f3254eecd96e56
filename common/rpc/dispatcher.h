// The way of every call from gRPC to its handler (DESIGN 5, 9, 10): deadline
// required (unary) -> size -> peer -> access table -> metrics -> handler ->
// error details -> log. A service writes one line for each method:
//
//   grpc::ServerUnaryReactor* SignIn(grpc::CallbackServerContext* context,
//                                    const SignInRequest* request,
//                                    SignInResponse* response) override {
//     return dispatcher_.Unary(
//         context, "/shiming.terminal.v1.TerminalSessionService/SignIn",
//         request, response,
//         std::bind_front(&TerminalSessionServiceRpc::DoSignIn, this));
//   }
//
// where the handler is
//
//   asio::awaitable<absl::Status> DoSignIn(
//       const rpc::Call& call, const SignInRequest& request,
//       SignInResponse* response);
//
// and for a server stream
//
//   asio::awaitable<absl::Status> DoWatch(
//       const rpc::Call& call, const WatchRequest& request,
//       rpc::StreamWriter<WatchResponse>& writer);
#ifndef SHIMING_COMMON_RPC_DISPATCHER_H_
#define SHIMING_COMMON_RPC_DISPATCHER_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/rpc/access_table.h"
#include "common/rpc/call.h"
#include "common/rpc/call_recorder.h"
#include "common/rpc/grpc_coroutine.h"
#include "common/rpc/peer_resolver.h"
#include "common/rpc/runtime.h"
#include "common/rpc/stream_state.h"

namespace shiming::rpc {

// Messages above this are refused with MESSAGE_TOO_LARGE.
inline constexpr size_t kMaxMessageBytes = size_t{1} << 20;

// One for each Server; must outlive it. Thread-safe.
class Dispatcher {
 public:
  struct Options {
    Runtime& runtime;          // handlers run on it; outlives the dispatcher
    Metrics& metrics;          // outlives the dispatcher
    std::string trust_domain;  // of every certificate that is let in
    // Tests may bring their own rows; must outlive the dispatcher.
    const std::vector<AccessRow>& access_table = AccessTable();
  };

  explicit Dispatcher(Options options);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Serves a unary call. The handler runs to its end even when the client has
  // gone; call.deadline tells it when nobody waits any longer.
  template <class Request, class Response, class Handler>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  std::string_view method,
                                  const Request* request, Response* response,
                                  Handler handler) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    std::unique_ptr<Admission> admission =
        Admit(*context, method, request->ByteSizeLong(), /*unary=*/true);
    if (admission->refusal.ok()) admission->refusal = Enter();
    if (!admission->refusal.ok()) {
      reactor->Finish(End(*admission, admission->refusal));
      return reactor;
    }
    boost::asio::co_spawn(runtime_.executor(),
                          RunUnary(std::move(admission), request, response,
                                   std::move(handler), reactor),
                          boost::asio::detached);
    return reactor;
  }

  // Serves a server-streaming call. When the client goes or the server drains
  // the writer's cancelled() turns true and the handler must return soon.
  template <class Request, class Response, class Handler>
  grpc::ServerWriteReactor<Response>* Stream(
      grpc::CallbackServerContext* context, std::string_view method,
      const Request* request, Handler handler) {
    auto state = std::make_shared<StreamState>(runtime_.executor());
    auto* reactor = new internal::StreamReactor<Response>(state);
    std::unique_ptr<Admission> admission =
        Admit(*context, method, request->ByteSizeLong(), /*unary=*/false);
    if (admission->refusal.ok()) admission->refusal = EnterStream(state);
    if (!admission->refusal.ok()) {
      reactor->Finish(End(*admission, admission->refusal));
      return reactor;
    }
    boost::asio::co_spawn(
        runtime_.executor(),
        RunStream<Request, Response>(std::move(admission), request,
                                     std::move(handler), reactor, state),
        boost::asio::detached);
    return reactor;
  }

  // For methods of another shape (reflection's bidirectional stream): the same
  // checks, without handler. The peer may call when OK comes back; otherwise
  // the status is what to finish the call with.
  grpc::Status Check(const grpc::CallbackServerContext& context,
                     std::string_view method);

  // Server calls this once every served method has been found in the table;
  // until then all calls are refused with SHUTTING_DOWN.
  void Open();

  // Cancels all open streams and refuses new ones with SHUTTING_DOWN. Unary
  // calls go on.
  void EndStreams();

  // Refuses all new calls with SHUTTING_DOWN. Returns true when the handlers of
  // the others have ended and gRPC has their answers, false if that is not so
  // at `deadline`.
  bool WaitIdle(absl::Time deadline);

  // Methods among `methods` that have no row, in order.
  std::vector<std::string> MethodsWithoutRow(
      const std::vector<std::string>& methods) const;

  PeerResolver& peers() { return peers_; }
  Runtime& runtime() { return runtime_; }

 private:
  // A call that has passed, or not passed, the checks.
  struct Admission {
    Call call;
    absl::Status refusal;
    CallRecorder::Record record;
  };

  std::unique_ptr<Admission> Admit(const grpc::CallbackServerContext& context,
                                   std::string_view method,
                                   size_t request_bytes, bool unary);
  absl::Status CheckAdmission(const grpc::CallbackServerContext& context,
                              const AccessRow* row, size_t request_bytes,
                              bool unary, Call& call);
  // Puts the principal that the gateway names in the peer's place.
  absl::Status ApplyPrincipal(const grpc::CallbackServerContext& context,
                              const AccessRow& row, Peer& peer) const;
  // Metrics, log and the status for the wire.
  grpc::Status End(Admission& admission, const absl::Status& status);

  // A handler that was let in leaves after its Finish. SHUTTING_DOWN when
  // nobody is let in any more.
  absl::Status Enter();
  void Leave();
  absl::Status EnterStream(const std::shared_ptr<StreamState>& state);
  // Forgets the stream. The status that its end is to have: SHUTTING_DOWN when
  // it was ended by EndStreams.
  absl::Status RemoveStream(const std::shared_ptr<StreamState>& state,
                            absl::Status status);

  // The status of a handler that threw; only libraries below us throw.
  static absl::Status FromException(const char* what);

  template <class Request, class Response, class Handler>
  boost::asio::awaitable<void> RunUnary(std::unique_ptr<Admission> admission,
                                        const Request* request,
                                        Response* response, Handler handler,
                                        grpc::ServerUnaryReactor* reactor) {
    absl::Status status;
    try {
      status =
          co_await handler(std::as_const(admission->call), *request, response);
    } catch (const std::exception& exception) {
      status = FromException(exception.what());
    }
    // The call may be gone as soon as Finish has been called.
    reactor->Finish(End(*admission, status));
    Leave();
  }

  template <class Request, class Response, class Handler>
  boost::asio::awaitable<void> RunStream(
      std::unique_ptr<Admission> admission, const Request* request,
      Handler handler, internal::StreamReactor<Response>* reactor,
      std::shared_ptr<StreamState> state) {
    absl::Status status;
    try {
      status = co_await handler(std::as_const(admission->call), *request,
                                static_cast<StreamWriter<Response>&>(*reactor));
    } catch (const std::exception& exception) {
      status = FromException(exception.what());
    }
    status = RemoveStream(state, std::move(status));
    reactor->Finish(End(*admission, status));
    Leave();
  }

  Runtime& runtime_;
  PeerResolver peers_;
  CallRecorder recorder_;
  std::unordered_map<std::string_view, const AccessRow*> rows_;
  std::atomic<bool> open_ = false;

  std::mutex mutex_;              // guards all below
  std::condition_variable left_;  // active_ became 0
  bool closed_ = false;           // nobody is let in any more
  bool ending_streams_ = false;
  int64_t active_ = 0;  // handlers let in that have not left
  std::unordered_set<std::shared_ptr<StreamState>> streams_;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_DISPATCHER_H_

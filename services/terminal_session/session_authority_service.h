// gRPC adapter of SessionAuthorityService: peer, validation, core, status.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_SESSION_AUTHORITY_SERVICE_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_SESSION_AUTHORITY_SERVICE_H_

#include <boost/asio/awaitable.hpp>
#include <string>

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/stream_writer.h"
#include "services/terminal_session/call_context.h"
#include "services/terminal_session/core/end_store.h"
#include "services/terminal_session/core/ends_feed.h"
#include "services/terminal_session/core/enrollment.h"
#include "services/terminal_session/core/session_desk.h"
#include "shiming/terminal/v1/terminal_service.grpc.pb.h"
#include "storage/outbox/relay.h"

namespace shiming::terminal_session {

class SessionAuthorityServiceRpc final
    : public terminal::v1::SessionAuthorityService::CallbackService {
 public:
  // All references must outlive the service.
  struct Deps {
    rpc::Dispatcher& dispatcher;
    const CallContext& context;
    SessionDesk& sessions;
    Enrollment& enrollment;
    EndsFeed& ends;
    EndStore& end_store;
    // Sends our own events: a permit is answered once it is on the record.
    outbox::Relay& relay;
    // Of the SPIFFE ids that services ask about.
    std::string trust_domain;
  };

  explicit SessionAuthorityServiceRpc(Deps deps) : deps_(std::move(deps)) {}

  grpc::ServerUnaryReactor* CheckSession(
      grpc::CallbackServerContext* context,
      const terminal::v1::CheckSessionRequest* request,
      terminal::v1::CheckSessionResponse* response) override;
  grpc::ServerUnaryReactor* ConsumeReadNonce(
      grpc::CallbackServerContext* context,
      const terminal::v1::ConsumeReadNonceRequest* request,
      terminal::v1::ConsumeReadNonceResponse* response) override;
  grpc::ServerUnaryReactor* PermitReveal(
      grpc::CallbackServerContext* context,
      const terminal::v1::PermitRevealRequest* request,
      terminal::v1::PermitRevealResponse* response) override;
  grpc::ServerWriteReactor<terminal::v1::WatchEndsResponse>* WatchEnds(
      grpc::CallbackServerContext* context,
      const terminal::v1::WatchEndsRequest* request) override;
  grpc::ServerUnaryReactor* ListShops(
      grpc::CallbackServerContext* context,
      const terminal::v1::ListShopsRequest* request,
      terminal::v1::ListShopsResponse* response) override;

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<absl::Status> DoCheckSession(
      const rpc::Call& call, const terminal::v1::CheckSessionRequest& request,
      terminal::v1::CheckSessionResponse* response);
  Awaitable<absl::Status> DoConsumeReadNonce(
      const rpc::Call& call,
      const terminal::v1::ConsumeReadNonceRequest& request,
      terminal::v1::ConsumeReadNonceResponse* response);
  Awaitable<absl::Status> DoPermitReveal(
      const rpc::Call& call, const terminal::v1::PermitRevealRequest& request,
      terminal::v1::PermitRevealResponse* response);
  Awaitable<absl::Status> DoWatchEnds(
      const rpc::Call& call, const terminal::v1::WatchEndsRequest& request,
      rpc::StreamWriter<terminal::v1::WatchEndsResponse>& writer);
  Awaitable<absl::Status> DoListShops(
      const rpc::Call& call, const terminal::v1::ListShopsRequest& request,
      terminal::v1::ListShopsResponse* response);

  Awaitable<absl::StatusOr<Standing>> StandingOf(
      const rpc::Call& call, const terminal::v1::CheckSessionRequest& request);

  const Deps deps_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_SESSION_AUTHORITY_SERVICE_H_
